/// Why a lane could not commit.
enum LaneError: Error {
  /// There was no room for a new file. Nothing was begun: the lane goes on when there is room again.
  case wantOfSpace(FileError)
  /// A write or sync failed: what the file holds is unknown, and the lane must not be stepped again.
  case failed(FileError)
}
