package import RoostModel

/// The first sector of a segment file. It is written once, before the file gets its final name, and never changed.
///
///      0        8       10      12        16        20        24      32
///     +--------+-------+-------+---------+---------+---------+-------+
///     | magic  |version| align | feature | segment | segment | salt  |
///     | u64    |u16    | u16   | flags   | number  | bytes   | u64   |
///     |        |       |       | u32     | u32     | u32     |       |
///     +--------+-------+-------+---------+---------+---------+-------+
///     32       40        48       56         60     64           512
///     +--------+---------+--------+----------+------+-------------+
///     | first  | durable | broker | previous | CRC  | zeros       |
///     | sequ.  | water-  | time   | end      | u32  |             |
///     | u64    | mark u64| i64 ms | u32      |      |             |
///     +--------+---------+--------+----------+------+-------------+
///
/// The CRC (CRC32C, seed 0) covers bytes 0 to 59. The zeros up to byte 511 are checked too.
///
/// To change the format:
///  1. Bytes 0 to 63 keep magic, version, feature flags and CRC where they are, in every version: that is how an old
///     program can tell "newer" from "damaged".
///  2. What an old reader may skip without harm needs no change here: take a new record kind.
///  3. What an old reader must refuse, but leaves all offsets as they are: a new bit in `knownFeatures`.
///  4. Anything else: raise `version`, keep the decoder of the old one, and say in docs/log-format.md what changed.
///  5. In each case add golden files `Tests/RoostLogTests/Fixtures/v<n>` and leave the old ones in the tests.
package struct SegmentHeader: Sendable, Hashable {
    package static let magic: UInt64 = 0x676F_4C74_736F_6F52  // "RoostLog"
    package static let version: UInt16 = 1
    package static let knownFeatures: UInt32 = 0
    package static let bytes = 64
    private static let crcOffset = 60

    package var number: UInt32
    /// Size of the whole file. A file that is shorter lost its end, unless a later restart segment cut it.
    package var segmentBytes: UInt32
    /// Start of all checksums in this segment, so that bytes of another segment never pass for its own.
    package var salt: UInt64
    /// 0: the first record follows the last one of the segment before. Otherwise the segment was written by a restart:
    /// records of older segments from this sequence on are void.
    package var firstSequence: UInt64
    /// Everything up to this sequence was on disk before this file got its name.
    package var watermark: UInt64
    package var time: BrokerTime
    /// In a restart segment: where the data of the segment before ends; what lies behind it is void and may be cut.
    package var previousEnd: UInt32
    package var batchAlignment: UInt16

    package var isRestart: Bool { firstSequence != 0 }
    package var firstBatchOffset: Int { Self.firstBatchOffset(alignment: Int(batchAlignment)) }

    static func firstBatchOffset(alignment: Int) -> Int { LogLimits.headerAreaBytes.roundedUp(to: alignment) }

    static func isValid(alignment: Int) -> Bool {
        alignment >= LogLimits.batchAlignmentMin && alignment <= LogLimits.batchAlignmentMax
            && alignment & (alignment - 1) == 0
    }

    package init(
        number: UInt32, segmentBytes: UInt32, salt: UInt64, firstSequence: UInt64 = 0, watermark: UInt64,
        time: BrokerTime, previousEnd: UInt32 = 0, batchAlignment: UInt16
    ) {
        self.number = number
        self.segmentBytes = segmentBytes
        self.salt = salt
        self.firstSequence = firstSequence
        self.watermark = watermark
        self.time = time
        self.previousEnd = previousEnd
        self.batchAlignment = batchAlignment
    }

    /// Fills the header area; `area` is zeroed first.
    package func encode(into area: UnsafeMutableRawBufferPointer) {
        area.initializeMemory(as: UInt8.self, repeating: 0)
        area.store(Self.magic, at: 0)
        area.store(Self.version, at: 8)
        area.store(batchAlignment, at: 10)
        area.store(Self.knownFeatures, at: 12)
        area.store(number, at: 16)
        area.store(segmentBytes, at: 20)
        area.store(salt, at: 24)
        area.store(firstSequence, at: 32)
        area.store(watermark, at: 40)
        area.store(time.milliseconds, at: 48)
        area.store(previousEnd, at: 56)
        area.store(Checksum.of(UnsafeRawBufferPointer(area).part(0, Self.crcOffset)), at: Self.crcOffset)
    }

    /// `area`: the first 512 bytes of the file, or fewer when it is shorter. `isLenient`: see `BrokenRule`.
    package static func decode(
        _ area: UnsafeRawBufferPointer, isLenient: Bool = false
    ) throws(HeaderProblem) -> SegmentHeader {
        guard area.count >= LogLimits.headerAreaBytes else { throw .damaged("the file ends inside its header", 0) }
        guard area.load(0, as: UInt64.self) == magic else {
            throw .damaged("the header does not begin with RoostLog", 0)
        }
        let intact = Checksum.of(area.part(0, crcOffset)) == area.load(crcOffset, as: UInt32.self)
        let (version, features) = (area.load(8, as: UInt16.self), area.load(12, as: UInt32.self))
        guard intact || isLenient else { throw .damaged("the checksum of the header does not match", 0) }
        guard version == Self.version else { throw .unsupported("format version \(version); this program reads 1") }
        guard features & ~knownFeatures == 0 else {
            throw .unsupported("feature flags 0x\(String(features, radix: 16)) that this program does not know")
        }
        guard area.part(bytes, LogLimits.headerAreaBytes).isAllZero || isLenient else {
            throw .damaged("bytes behind the header are not zero", UInt32(bytes))
        }
        return try fields(area)
    }

    private static func fields(_ area: UnsafeRawBufferPointer) throws(HeaderProblem) -> SegmentHeader {
        let header = SegmentHeader(
            number: area.load(16, as: UInt32.self), segmentBytes: area.load(20, as: UInt32.self),
            salt: area.load(24, as: UInt64.self), firstSequence: area.load(32, as: UInt64.self),
            watermark: area.load(40, as: UInt64.self),
            time: BrokerTime(milliseconds: area.load(48, as: Int64.self)),
            previousEnd: area.load(56, as: UInt32.self), batchAlignment: area.load(10, as: UInt16.self))
        guard isValid(alignment: Int(header.batchAlignment)),
            Int(header.segmentBytes) <= LogLimits.segmentBytesMax,
            Int(header.segmentBytes) >= header.firstBatchOffset,
            header.segmentBytes.isMultiple(of: 8), header.watermark < .max
        else { throw .damaged("the header has impossible sizes", 10) }
        return header
    }
}

/// Why a segment header was refused; the caller knows the file.
package enum HeaderProblem: Error, Equatable {
    /// What is wrong, and the offset.
    case damaged(String, UInt32)
    case unsupported(String)
}
