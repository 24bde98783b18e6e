/// Where a record lies. A message index packs all three numbers into one word, hence the limits.
package struct RecordLocation: Sendable, Hashable {
    /// Number of the segment, from 1, below 2^24.
    package var segment: UInt32
    /// Of the record's frame in the segment file: a multiple of 8, below 2^27.
    package var offset: UInt32
    /// Bytes of the payload, without frame and padding.
    package var length: UInt32

    @inlinable
    package init(segment: UInt32, offset: UInt32, length: UInt32) {
        self.segment = segment
        self.offset = offset
        self.length = length
    }
}
