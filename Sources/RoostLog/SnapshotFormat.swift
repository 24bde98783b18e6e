import CRoost
import RoostModel

/// The first sector of a snapshot file.
///
///      0        8       10      12        16        20        24      32
///     +--------+-------+-------+---------+---------+---------+-------+
///     | magic  |version| zero  | feature | segment | count   | salt  |
///     | u64    |u16    | u16   | flags   | number  | of seg- | u64   |
///     |        |       |       | u32     | u32     | ments   |       |
///     +--------+-------+-------+---------+---------+---------+-------+
///     32       40        48       56         60     64           512
///     +--------+---------+--------+----------+------+-------------+
///     | first  | sequence| broker | zero     | CRC  | zeros       |
///     | sequ.  | u64     | time   | u32      | u32  |             |
///     | u64    |         | i64 ms |          |      |             |
///     +--------+---------+--------+----------+------+-------------+
///
/// The CRC (CRC32C, seed 0) covers bytes 0 to 59. Magic, version, feature flags and CRC stay where they are in every
/// version, as in a segment. Frames follow from 512 on: the table of segments, the sections of the owner, the end.
struct SnapshotHeader: Hashable {
    static let magic: UInt64 = 0x616E_5374_736F_6F52  // "RoostSna"
    static let version: UInt16 = 1
    static let knownFeatures: UInt32 = 0
    static let bytes = 64
    private static let crcOffset = 60

    var position: LogPosition
    var segmentCount: UInt32
    /// Start of all checksums in the frames.
    var salt: UInt64

    /// `area` has 512 bytes and is zeroed first.
    func encode(into area: UnsafeMutableRawBufferPointer) {
        area.initializeMemory(as: UInt8.self, repeating: 0)
        area.store(Self.magic, at: 0)
        area.store(Self.version, at: 8)
        area.store(Self.knownFeatures, at: 12)
        area.store(position.segment, at: 16)
        area.store(segmentCount, at: 20)
        area.store(salt, at: 24)
        area.store(position.firstSequence, at: 32)
        area.store(position.sequence, at: 40)
        area.store(position.time.milliseconds, at: 48)
        area.store(Checksum.of(UnsafeRawBufferPointer(area).part(0, Self.crcOffset)), at: Self.crcOffset)
    }

    static func decode(_ area: UnsafeRawBufferPointer) throws(SnapshotProblem) -> SnapshotHeader {
        guard area.count >= LogLimits.headerAreaBytes else { throw .damaged("the file ends inside its header", 0) }
        guard area.load(0, as: UInt64.self) == magic else {
            throw .damaged("the header does not begin with RoostSna", 0)
        }
        guard Checksum.of(area.part(0, crcOffset)) == area.load(crcOffset, as: UInt32.self) else {
            throw .damaged("the checksum of the header does not match", 0)
        }
        let (version, features) = (area.load(8, as: UInt16.self), area.load(12, as: UInt32.self))
        guard version == Self.version else { throw .unsupported("format version \(version); this program reads 1") }
        guard features & ~knownFeatures == 0 else {
            throw .unsupported("feature flags 0x\(String(features, radix: 16)) that this program does not know")
        }
        guard area.part(bytes, LogLimits.headerAreaBytes).isAllZero else {
            throw .damaged("bytes behind the header are not zero", bytes)
        }
        return try fields(area)
    }

    private static func fields(_ area: UnsafeRawBufferPointer) throws(SnapshotProblem) -> SnapshotHeader {
        let position = LogPosition(
            segment: area.load(16, as: UInt32.self), firstSequence: area.load(32, as: UInt64.self),
            sequence: area.load(40, as: UInt64.self),
            time: BrokerTime(milliseconds: area.load(48, as: Int64.self)))
        let header = SnapshotHeader(
            position: position, segmentCount: area.load(20, as: UInt32.self), salt: area.load(24, as: UInt64.self))
        guard area.load(10, as: UInt16.self) == 0, area.load(56, as: UInt32.self) == 0, position.segment > 0,
            position.segment <= LogLimits.segmentNumberMax, position.firstSequence > 0, position.sequence < .max,
            position.sequence >= position.firstSequence - 1, header.segmentCount > 0,
            header.segmentCount <= LogLimits.segmentNumberMax
        else { throw .damaged("the header has impossible numbers", 10) }
        return header
    }
}

/// Sixteen bytes before each part of a snapshot.
///
///      0        4      5      8        12      16               16+length
///     +--------+------+------+--------+-------+----------------+---------+
///     | length | kind | zero | length | CRC   | content        | zeros   |
///     | u32    | u8   | u24  | check  | u32   |                | to a    |
///     |        |      |      | u32    |       |                | mult. 8 |
///     +--------+------+------+--------+-------+----------------+---------+
///
/// Both checksums begin with the checksum of the salt. `length check` covers bytes 0 to 7; `CRC` covers the index of
/// the frame in the file (u64, from 0), bytes 0 to 11, and the content. So a frame stands at its place or nowhere.
struct SnapshotFrame: Hashable {
    static let headerBytes = 16

    enum Kind: UInt8 {
        /// Part of the table of segments.
        case segments = 1
        /// What the owner gave.
        case section = 2
        /// Nothing follows.
        case end = 3
    }

    var length: Int
    var kind: Kind

    /// Header, content and padding.
    var bytes: Int { (Self.headerBytes + length).roundedUp(to: 8) }

    /// The content stands already at 16 in `area`, which is the whole frame.
    func encode(into area: UnsafeMutableRawBufferPointer, index: UInt64, seed: UInt32) {
        let head = UInt64(UInt32(length)) | UInt64(kind.rawValue) << 32
        let check = croost_crc32c_word(seed, head)
        let content = UnsafeRawBufferPointer(area).part(Self.headerBytes, Self.headerBytes + length)
        area.store(head, at: 0)
        area.store(check, at: 8)
        area.store(croost_crc32c_record(seed, index, head, check, content.baseAddress, content.count), at: 12)
    }

    /// `area`: the first 16 bytes. Says how much there is to read; the rest is still to be verified.
    static func decodeHeader(_ area: UnsafeRawBufferPointer, seed: UInt32) -> SnapshotFrame? {
        let head = area.load(0, as: UInt64.self)
        guard area.load(8, as: UInt32.self) == croost_crc32c_word(seed, head), head >> 40 == 0,
            let kind = Kind(rawValue: UInt8(truncatingIfNeeded: head >> 32))
        else { return nil }
        let length = Int(UInt32(truncatingIfNeeded: head))
        return length <= LogLimits.snapshotSectionBytesMax ? SnapshotFrame(length: length, kind: kind) : nil
    }

    /// `area`: the whole frame. nil: it is not intact.
    func content(_ area: UnsafeRawBufferPointer, index: UInt64, seed: UInt32) -> UnsafeRawBufferPointer? {
        let (head, check) = (area.load(0, as: UInt64.self), area.load(8, as: UInt32.self))
        let content = area.part(Self.headerBytes, Self.headerBytes + length)
        guard
            croost_crc32c_record(seed, index, head, check, content.baseAddress, content.count)
                == area.load(12, as: UInt32.self), area.part(Self.headerBytes + length, bytes).isAllZero
        else { return nil }
        return content
    }
}

/// An entry in the table of segments: the files that existed when the snapshot was taken.
///
///      0        4       8       16        24
///     +--------+-------+-------+---------+
///     | number | bytes | salt  | first   |
///     | u32    | u32   | u64   | sequ.   |
///     |        |       |       | u64     |
///     +--------+-------+-------+---------+
enum SnapshotTable {
    static let entryBytes = 24
    static let entriesPerFrame = 2048

    static func encode(_ facts: SegmentFacts, into area: UnsafeMutableRawBufferPointer) {
        area.store(facts.number, at: 0)
        area.store(UInt32(facts.bytes), at: 4)
        area.store(facts.salt, at: 8)
        area.store(facts.firstSequence, at: 16)
    }

    static func decode(_ area: UnsafeRawBufferPointer, at offset: Int) -> SegmentFacts {
        SegmentFacts(
            number: area.load(offset, as: UInt32.self), bytes: Int(area.load(offset + 4, as: UInt32.self)),
            salt: area.load(offset + 8, as: UInt64.self), firstSequence: area.load(offset + 16, as: UInt64.self))
    }
}

/// Content of the last frame.
///
///      0          8       16      20      24
///     +----------+-------+-------+-------+
///     | count of | bytes | CRC   | zero  |
///     | sections | of the| of    | u32   |
///     | u64      | file  | heads |       |
///     +----------+-------+-------+-------+
///
/// The CRC begins with the checksum of the salt and covers bytes 0 to 63 of the file and the sixteen bytes of every
/// frame before this one: with the checksums in these, all of the file.
struct SnapshotEnd: Hashable {
    static let bytes = 24

    var sections: UInt64
    var fileBytes: UInt64
    var crc: UInt32

    func encode(into area: UnsafeMutableRawBufferPointer) {
        area.store(sections, at: 0)
        area.store(fileBytes, at: 8)
        area.store(crc, at: 16)
        area.store(UInt32(0), at: 20)
    }

    static func decode(_ area: UnsafeRawBufferPointer) -> SnapshotEnd? {
        guard area.count == bytes, area.load(20, as: UInt32.self) == 0 else { return nil }
        return SnapshotEnd(
            sections: area.load(0, as: UInt64.self), fileBytes: area.load(8, as: UInt64.self),
            crc: area.load(16, as: UInt32.self))
    }
}

/// Why a snapshot cannot be used; the caller knows the file.
enum SnapshotProblem: Error {
    /// What is wrong, and the offset.
    case damaged(String, Int)
    case unsupported(String)
    case disk(DiskError)
}
