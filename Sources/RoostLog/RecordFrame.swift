import CRoost

/// Sixteen bytes before each payload.
///
///      0        4      5          8          10       12      16               16+length
///     +--------+------+----------+----------+--------+-------+----------------+---------+
///     | length | kind | sequence | time     | length | CRC   | payload        | zeros   |
///     | u32    | u8   | low 24   | u16, ms  | check  | u32   |                | to a    |
///     |        |      | bits     | in batch | u16    |       |                | mult. 8 |
///     +--------+------+----------+----------+--------+-------+----------------+---------+
///
/// Both checksums are CRC32C, seeded with the checksum of the segment's salt. `length check` covers bytes 0 to 7, its
/// two halves xor-ed into 16 bits: a damaged length is found before it is believed. `CRC` covers the full sequence
/// (u64), bytes 0 to 11 of the frame, and the payload. With the 24 bits a record can be verified by itself when it is
/// read back later: a segment holds fewer than 2^24 records.
package struct RecordFrame: Sendable, Hashable {
    package static let headerBytes = 16

    /// Kinds from here on belong to the log; the owner uses 1 to 239. 0 never stands in a frame.
    package static let ownKindFirst: UInt8 = 240
    /// A record without payload; its batch carries the newest watermark.
    package static let markKind: UInt8 = 255
    // 240 to 254 are reserved.

    package var length: UInt32
    package var kind: UInt8
    /// Milliseconds after the time of the batch.
    package var time: UInt16

    package init(length: UInt32, kind: UInt8, time: UInt16) {
        self.length = length
        self.kind = kind
        self.time = time
    }

    /// Of the whole frame: header, payload, padding.
    @inline(__always)
    package static func bytes(payloadBytes: Int) -> Int { (headerBytes + payloadBytes).roundedUp(to: 8) }

    /// The payload stands already at 16 in `area`, which is the whole frame.
    @inline(__always)
    package func encode(into area: UnsafeMutableRawBufferPointer, sequence: UInt64, seed: UInt32) {
        let head = UInt64(length) | UInt64(kind) << 32 | sequence << 40
        let rest = UInt32(time) | UInt32(Self.fold(croost_crc32c_word(seed, head))) << 16
        let payload = UnsafeRawBufferPointer(area).part(Self.headerBytes, Self.headerBytes + Int(length))
        let crc = croost_crc32c_record(seed, sequence, head, rest, payload.baseAddress, payload.count)
        area.store(head, at: 0)
        area.store(rest, at: 8)
        area.store(crc, at: 12)
    }

    /// Verifies everything, padding included. `bytes` ends where the batch ends. `isLenient`: see `BrokenRule`.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, sequence: UInt64, seed: UInt32, isLenient: Bool = false
    ) throws(FrameProblem) -> RecordFrame {
        guard offset >= 0, offset <= bytes.count - headerBytes else { throw .cutOff }
        let (head, rest) = (bytes.load(offset, as: UInt64.self), bytes.load(offset + 8, as: UInt32.self))
        guard UInt16(rest >> 16) == fold(croost_crc32c_word(seed, head)) || isLenient else { throw .badLength }
        let frame = RecordFrame(
            length: UInt32(truncatingIfNeeded: head), kind: UInt8(truncatingIfNeeded: head >> 32),
            time: UInt16(truncatingIfNeeded: rest))
        let (start, end) = (offset + headerBytes, offset + Self.bytes(payloadBytes: Int(frame.length)))
        guard end <= bytes.count else { throw .cutOff }
        let payload = bytes.part(start, start + Int(frame.length))
        let crc = croost_crc32c_record(seed, sequence, head, rest, payload.baseAddress, payload.count)
        guard crc == bytes.load(offset + 12, as: UInt32.self) || isLenient else { throw .badChecksum }
        guard head >> 40 == sequence & 0xFF_FFFF || isLenient else { throw .wrongSequence }
        guard bytes.part(start + Int(frame.length), end).isAllZero else { throw .badPadding }
        guard frame.kind != 0 else { throw .noKind }
        return frame
    }

    @inline(__always)
    private static func fold(_ crc: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: crc ^ crc >> 16) }
}

/// What is wrong with a frame, in the words of the error message.
package enum FrameProblem: String, Error {
    case cutOff = "a record reaches beyond its batch"
    case badLength = "the length of a record does not match its own checksum"
    case badChecksum = "the checksum of a record does not match"
    case wrongSequence = "a record has the sequence of another one"
    case badPadding = "bytes behind a record are not zero"
    case noKind = "a record has no kind"
}
