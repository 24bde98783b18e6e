/// How much a node of a tree may hold. Small ones let tests split and merge nodes all the time.
package struct NodeLimits: Sendable, Equatable {
    /// Bytes of a leaf: with the headers of array and allocator, 4 KiB. What a change after a snapshot has to copy.
    static let pageBytesDefault = 4056
    /// Starts in a page have 16 bits.
    static let pageBytesMax = Int(UInt16.max)
    static let childrenDefault = 64
    static let childrenMin = 4

    private let pageBytesBits: UInt16
    private let entriesBits: UInt16
    private let childrenBits: UInt16

    /// Bytes of a leaf of several entries; a larger entry stands alone in one.
    package var pageBytes: Int { Int(pageBytesBits) }
    /// Entries of a leaf: short ones would make long searches and long tables.
    package var entries: Int { Int(entriesBits) }
    /// Children of a branch.
    package var children: Int { Int(childrenBits) }

    /// `entries` at least 2.
    package init(
        pageBytes: Int = Self.pageBytesDefault, entries: Int = 128, children: Int = Self.childrenDefault
    ) {
        precondition(pageBytes <= Self.pageBytesMax && children >= Self.childrenMin && entries >= 2)
        pageBytesBits = UInt16(pageBytes)
        entriesBits = UInt16(entries)
        childrenBits = UInt16(children)
    }
}
