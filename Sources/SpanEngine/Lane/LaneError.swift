/// Why a lane could not commit.
enum LaneError: Error {
  /// There was no room for a new file. Nothing was begun: the lane goes on when there is room again.
  case wantOfSpace(FileError)
  /// There was no room for a file made to measure for the first of the requests; those behind it may fit.
  case wantOfSpaceForOne(FileError)
  /// A deletion with a hold overtook requests with spans of its trace, named by how far behind the first they
  /// are. Nothing was written: without them the lane goes on.
  case overtaken([Int])
  /// A write or sync failed: what the file holds is unknown, and the lane must not be stepped again.
  case failed(FileError)
}
