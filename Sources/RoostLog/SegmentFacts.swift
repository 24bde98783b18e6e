/// What has to be known of a segment to read single records of it, by location, without reading its header again.
package struct SegmentFacts: Sendable, Hashable {
    package let number: UInt32
    /// Of the file: the size that the header says, or where a restart cut it.
    package var bytes: Int
    /// Start of all checksums in the segment; follows from the salt.
    package let seed: UInt32
    package let salt: UInt64
    /// Of the first record that the segment holds or will hold.
    package let firstSequence: UInt64

    package init(number: UInt32, bytes: Int, salt: UInt64, firstSequence: UInt64) {
        self.number = number
        self.bytes = bytes
        self.salt = salt
        self.firstSequence = firstSequence
        seed = checksumSeed(salt: salt)
    }

    init(_ header: SegmentHeader, bytes: Int, firstSequence: UInt64) {
        self.init(number: header.number, bytes: bytes, salt: header.salt, firstSequence: firstSequence)
    }

    package var file: LogFile { .segment(number) }

    /// Verifies a record that was read by its location.
    /// - Parameters:
    ///   - frame: begins at the record's frame and holds at least all of it.
    ///   - payloadBytes: the length that the location says; another one in the frame is an error.
    package func verify(
        _ frame: UnsafeRawBufferPointer, payloadBytes: Int
    ) throws(FrameProblem) -> (kind: UInt8, payload: UnsafeRawBufferPointer) {
        guard payloadBytes >= 0, payloadBytes <= LogLimits.segmentBytesMax, frame.count >= RecordFrame.headerBytes,
            frame.count >= RecordFrame.bytes(payloadBytes: payloadBytes)
        else { throw .cutOff }
        guard frame.load(0, as: UInt32.self) == UInt32(payloadBytes) else { throw .badLength }
        let whole = frame.part(0, RecordFrame.bytes(payloadBytes: payloadBytes))
        let record = try RecordFrame.decode(whole, at: 0, sequence: sequence(ofFrame: whole), seed: seed)
        let start = RecordFrame.headerBytes
        return (record.kind, whole.part(start, start + payloadBytes))
    }

    /// The frame has the low 24 bits; a segment holds fewer records than that can count.
    private func sequence(ofFrame frame: UnsafeRawBufferPointer) -> UInt64 {
        let low = frame.load(0, as: UInt64.self) >> 40
        return firstSequence &+ (low &- firstSequence) & 0xFF_FFFF
    }
}
