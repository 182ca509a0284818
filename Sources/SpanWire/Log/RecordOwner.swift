/// Whose a record is: its tenant, and the partition of a broker that it came through.
///
/// Log segments mix the records of all owners; a sealed segment has those of one.
package struct RecordOwner: Hashable, Sendable {
  package let tenant: UInt32
  package let partition: UInt32

  package init(tenant: UInt32 = 0, partition: UInt32 = 0) {
    self.tenant = tenant
    self.partition = partition
  }

  /// A file that has records of so many owners is full: each makes a sealed segment, which is a file that is
  /// open, of 2 KiB at the least. A file of 128 MiB then still has 32 KiB for each.
  package static let countMaxOfSegment = 4096
}

extension RecordOwner: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    (left.tenant, left.partition) < (right.tenant, right.partition)
  }
}

extension RecordHeader {
  package var owner: RecordOwner { RecordOwner(tenant: tenant, partition: partition) }
}

extension SealedFooter {
  package var owner: RecordOwner { RecordOwner(tenant: tenant, partition: partition) }
}
