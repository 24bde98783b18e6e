package import RoostModel

/// Stands before the records that were written together: one write, one sync.
///
///      0       4      8          16       20       24          32        40       44         48
///     +-------+------+----------+--------+--------+-----------+---------+--------+----------+
///     | magic | CRC  | sequence | record | frame  | durable   | broker  | flags  | reserved |
///     | u32   | u32  | of the   | count  | bytes  | watermark | time    | u32    | u32      |
///     |       |      | first u64| u32    | u32    | u64       | i64 ms  | 0      | 0        |
///     +-------+------+----------+--------+--------+-----------+---------+--------+----------+
///
/// The CRC (CRC32C, seeded with the checksum of the segment's salt) covers bytes 8 to 47. `frame bytes` counts what
/// follows the header, padding of the frames included. Behind it there are zeros up to the next multiple of the
/// segment's alignment, where the next batch starts or the data ends.
package struct BatchHeader: Sendable, Hashable {
    static let magic: UInt32 = 0x7461_4252  // "RBat"
    package static let bytes = 48

    package var firstSequence: UInt64
    package var count: UInt32
    package var frameBytes: UInt32
    /// Highest sequence whose sync had returned 0 when this batch was closed. Always below `firstSequence`. A bad
    /// record up to here, anywhere in the log, is damage and not a torn write.
    package var watermark: UInt64
    /// Broker time of the first record.
    package var time: BrokerTime

    var lastSequence: UInt64 { firstSequence + UInt64(count) - 1 }

    package init(firstSequence: UInt64, count: UInt32, frameBytes: UInt32, watermark: UInt64, time: BrokerTime) {
        self.firstSequence = firstSequence
        self.count = count
        self.frameBytes = frameBytes
        self.watermark = watermark
        self.time = time
    }

    package func encode(into area: UnsafeMutableRawBufferPointer, seed: UInt32) {
        area.store(Self.magic, at: 0)
        area.store(firstSequence, at: 8)
        area.store(count, at: 16)
        area.store(frameBytes, at: 20)
        area.store(watermark, at: 24)
        area.store(time.milliseconds, at: 32)
        area.store(UInt64(0), at: 40)
        area.store(Checksum.of(UnsafeRawBufferPointer(area).part(8, Self.bytes), seed: seed), at: 4)
    }

    /// nil: no batch header of this segment stands here. The fields of a result are still to be checked: a matching
    /// checksum says only that they were written so.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, seed: UInt32, isLenient: Bool = false
    ) -> BatchHeader? {
        guard offset >= 0, offset <= bytes.count - Self.bytes else { return nil }
        let area = bytes.part(offset, offset + Self.bytes)
        guard area.load(0, as: UInt32.self) == magic,
            Checksum.of(area.part(8, Self.bytes), seed: seed) == area.load(4, as: UInt32.self) || isLenient,
            area.load(40, as: UInt64.self) == 0 || isLenient
        else { return nil }
        return BatchHeader(
            firstSequence: area.load(8, as: UInt64.self), count: area.load(16, as: UInt32.self),
            frameBytes: area.load(20, as: UInt32.self), watermark: area.load(24, as: UInt64.self),
            time: BrokerTime(milliseconds: area.load(32, as: Int64.self)))
    }

    /// Numbers that no writer produces. `room`: bytes between the header and the end of the segment.
    func hasPossibleFields(room: Int) -> Bool {
        count > 0 && firstSequence > 0 && firstSequence < .max - UInt64(UInt32.max) && watermark < firstSequence
            && frameBytes.isMultiple(of: 8) && Int(frameBytes) <= room
            && Int(frameBytes) >= Int(count) * RecordFrame.headerBytes
    }
}

extension BatchHeader {
    /// What is known to be on disk because of this header, if everything up to `base` is.
    func mark(_ base: UInt64) -> UInt64 { firstSequence <= base ? max(watermark, lastSequence) : watermark }
}
