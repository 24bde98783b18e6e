import RoostLog
import RoostModel
import Testing

/// Header, batch and frame: what goes in comes out, and nothing else does.
@Suite struct CodecTests {
    private static let seed = checksumSeed(salt: 0x1122_3344_5566_7788)

    private static let segment = SegmentHeader(
        number: 77, segmentBytes: 8192, salt: 0x1122_3344_5566_7788, firstSequence: 1234, watermark: 1300,
        time: BrokerTime(milliseconds: 1_700_000_000_123), previousEnd: 2048, batchAlignment: 512)

    private static let batch = BatchHeader(
        firstSequence: 0x0102_0304_0506_0708, count: 3, frameBytes: 96, watermark: 0x0102_0304_0506_0707,
        time: BrokerTime(milliseconds: 1_700_000_000_123))

    private static func encodedSegment() -> [UInt8] {
        var area = [UInt8](repeating: 0xEE, count: 512)
        area.withUnsafeMutableBytes { segment.encode(into: $0) }
        return area
    }

    private static func encodedBatch() -> [UInt8] {
        var area = [UInt8](repeating: 0, count: BatchHeader.bytes)
        area.withUnsafeMutableBytes { batch.encode(into: $0, seed: seed) }
        return area
    }

    private static func encodedFrame(_ payload: [UInt8], sequence: UInt64) -> [UInt8] {
        var area = [UInt8](repeating: 0, count: RecordFrame.bytes(payloadBytes: payload.count))
        area.replaceSubrange(16..<16 + payload.count, with: payload)
        let frame = RecordFrame(length: UInt32(payload.count), kind: 9, time: 500)
        area.withUnsafeMutableBytes { frame.encode(into: $0, sequence: sequence, seed: seed) }
        return area
    }

    private static func decodeSegment(_ bytes: [UInt8]) throws(HeaderProblem) -> SegmentHeader {
        try bytes.withUnsafeBytes { area in Result { () throws(HeaderProblem) in try SegmentHeader.decode(area) } }
            .get()
    }

    private static func decodeBatch(_ bytes: [UInt8], seed: UInt32 = seed) -> BatchHeader? {
        bytes.withUnsafeBytes { BatchHeader.decode($0, at: 0, seed: seed) }
    }

    private static func decodeFrame(
        _ bytes: [UInt8], sequence: UInt64, seed: UInt32 = seed
    ) throws(FrameProblem) -> RecordFrame {
        try bytes.withUnsafeBytes { area in
            Result { () throws(FrameProblem) in try RecordFrame.decode(area, at: 0, sequence: sequence, seed: seed) }
        }.get()
    }

    private static func flips(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<bytes.count * 8).map { bit in
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            return flipped
        }
    }

    @Test func roundTrips() throws {
        #expect(try Self.decodeSegment(Self.encodedSegment()) == Self.segment)
        #expect(Self.decodeBatch(Self.encodedBatch()) == Self.batch)
        for size in 0...40 {
            let frame = try Self.decodeFrame(Self.encodedFrame(payload(1, bytes: size), sequence: 5), sequence: 5)
            #expect(frame == RecordFrame(length: UInt32(size), kind: 9, time: 500))
        }
    }

    @Test func everyFlippedBitIsFound() {
        for bytes in Self.flips(Self.encodedSegment()) {
            #expect(throws: HeaderProblem.self) { try Self.decodeSegment(bytes) }
        }
        for bytes in Self.flips(Self.encodedBatch()) { #expect(Self.decodeBatch(bytes) == nil) }
        for bytes in Self.flips(Self.encodedFrame(payload(2, bytes: 37), sequence: 5)) {
            #expect(throws: FrameProblem.self) { try Self.decodeFrame(bytes, sequence: 5) }
        }
    }

    /// The length has a checksum of its own: whatever bit of it flips, it is not believed.
    @Test func aFlippedLengthIsFoundByItsOwnCheck() {
        let bytes = Self.encodedFrame(payload(2, bytes: 300), sequence: 5)
        for flipped in Self.flips(bytes).prefix(64) {
            #expect(throws: FrameProblem.badLength) { try Self.decodeFrame(flipped, sequence: 5) }
        }
    }

    @Test func everyTruncationIsFound() {
        let (segment, batch) = (Self.encodedSegment(), Self.encodedBatch())
        let frame = Self.encodedFrame(payload(3, bytes: 37), sequence: 5)
        for count in 0..<segment.count {
            #expect(throws: HeaderProblem.self) { try Self.decodeSegment(Array(segment.prefix(count))) }
        }
        for count in 0..<batch.count { #expect(Self.decodeBatch(Array(batch.prefix(count))) == nil) }
        for count in 0..<frame.count {
            #expect(throws: FrameProblem.cutOff) { try Self.decodeFrame(Array(frame.prefix(count)), sequence: 5) }
        }
    }

    @Test func bytesOfAnotherSegmentOrPlaceDoNotPass() {
        let other = checksumSeed(salt: 0x1122_3344_5566_7789)
        #expect(Self.decodeBatch(Self.encodedBatch(), seed: other) == nil)
        let frame = Self.encodedFrame([1, 2, 3], sequence: 5)
        #expect(throws: FrameProblem.self) { try Self.decodeFrame(frame, sequence: 5, seed: other) }
        #expect(throws: FrameProblem.badChecksum) { try Self.decodeFrame(frame, sequence: 6) }
        #expect(throws: FrameProblem.badChecksum) { try Self.decodeFrame(frame, sequence: 5 + 1 << 24) }
    }

    @Test func zerosAreNothing() {
        let zeros = [UInt8](repeating: 0, count: 512)
        #expect(throws: HeaderProblem.self) { try Self.decodeSegment(zeros) }
        #expect(Self.decodeBatch(zeros) == nil)
        #expect(throws: FrameProblem.self) { try Self.decodeFrame(zeros, sequence: 0) }
        // A payload of zeros still has a frame that is not zero.
        #expect(Self.encodedFrame([0, 0, 0, 0], sequence: 1).prefix(16).contains { $0 != 0 })
    }

    @Test func newerVersionsAndUnknownFeaturesAreRefusedByName() throws {
        for (offset, text) in [(8, "format version 2; this program reads 1"), (12, "feature flags 0x1")] {
            var bytes = Self.encodedSegment()
            bytes[offset] = offset == 8 ? 2 : 1
            let crc = crc32c(Array(bytes.prefix(60)))
            for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
            do throws(HeaderProblem) {
                _ = try Self.decodeSegment(bytes)
                Issue.record("accepted")
            } catch {
                guard case .unsupported(let problem) = error else { throw Unexpected() }
                #expect(problem.hasPrefix(text))
            }
        }
    }
}
