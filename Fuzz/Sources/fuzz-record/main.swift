import FuzzSupport
import Glibc
import RoostLog

private let facts = SegmentFacts(number: 3, bytes: 8192, salt: 42, firstSequence: 1_000_000)

// A record read by its location. Bit 0 of the first byte: the frame is made to fit, and then has to be taken; one bit
// of it turned, it must not be.
exit(
    runFuzzer(seeds: { _ in
        [[0, 5, 0, 0, 0] + Array("12345678901234567890123".utf8), [1, 4, 0, 0, 0] + Array("body".utf8)]
    }) {
        bytes, count in
        var source = ByteSource(bytes, count)
        let mode = source.byte()
        let length: UInt32 = source.number()
        guard mode & 1 == 1 else {
            source.rest().withUnsafeBytes { _ = try? facts.verify($0, payloadBytes: Int(Int32(bitPattern: length))) }
            return 0
        }
        let payload = source.rest()
        var frame = [UInt8](repeating: 0, count: RecordFrame.bytes(payloadBytes: payload.count))
        for (index, byte) in payload.enumerated() { frame[RecordFrame.headerBytes + index] = byte }
        let sequence = facts.firstSequence + UInt64(length & 0xFFFF)
        frame.withUnsafeMutableBytes {
            RecordFrame(length: UInt32(payload.count), kind: mode | 1, time: UInt16(truncatingIfNeeded: length))
                .encode(into: $0, sequence: sequence, seed: facts.seed)
        }
        frame.withUnsafeBytes {
            let found = try? facts.verify($0, payloadBytes: payload.count)
            precondition(found?.kind == mode | 1 && found?.payload.elementsEqual(payload) == true)
        }
        let bit = Int(length >> 8) % (frame.count * 8)
        frame[bit / 8] ^= 1 << UInt8(bit % 8)
        frame.withUnsafeBytes { precondition((try? facts.verify($0, payloadBytes: payload.count)) == nil) }
        return 0
    })
