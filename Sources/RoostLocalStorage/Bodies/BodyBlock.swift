import RoostCore
import RoostLog

/// A stretch of a segment in memory: the records whose frames begin in it, at the same distances as in the file.
///
/// Records that this process wrote are put in as they are appended, and are trusted. What was read back from disk is
/// not: whoever takes a record from there checks it first.
///
/// `@unchecked Sendable`: one owner at a time. A reader thread makes and fills a block and hands it over through the
/// inbox; from then on only the engine touches it.
final class BodyBlock: @unchecked Sendable {
    /// Of the stretch. Small enough that one miss costs little, large enough that a backlog comes in few reads.
    static let stretchBytes = 64 * 1024
    private static let shift: UInt32 = 16
    /// Read behind the stretch, so that the last record of most blocks is whole.
    private static let overlapBytes = 16 * 1024

    /// Which stretch of which segment.
    struct Key: Hashable, Sendable {
        var segment: UInt32
        var stretch: UInt32

        init(_ location: BodyLocation) {
            segment = location.segment
            stretch = location.offset >> BodyBlock.shift
        }

        /// Of the first byte of the stretch in the file.
        var start: Int { Int(stretch) << Int(BodyBlock.shift) }
    }

    let key: Key
    private(set) var bytes: UnsafeMutableRawBufferPointer
    /// Up to here, from the start of the stretch, the bytes are those of the file.
    private var readEnd = 0
    /// From this offset in the file on, records were put in as they were appended.
    private var trustedFrom = Int.max
    /// Records that were appended and still live.
    private var living = 0
    /// Of the newest record that was appended.
    private(set) var lastSequence: UInt64 = 0

    /// For records to come.
    init(_ key: Key) {
        self.key = key
        bytes = .allocate(byteCount: Self.stretchBytes, alignment: 16)
    }

    /// For a read: long enough for this record, cut at the end of the file. Nil when the record cannot be in the file.
    init?(toRead location: BodyLocation, fileBytes: Int) {
        key = Key(location)
        let end = Self.frameEnd(of: location)
        guard end <= fileBytes else { return nil }
        let wanted = max(end, key.start + Self.stretchBytes + Self.overlapBytes)
        bytes = .allocate(byteCount: min(wanted, fileBytes) - key.start, alignment: 16)
    }

    deinit { bytes.deallocate() }

    var residentBytes: Int { bytes.count }
    /// Nothing in it is needed by messages that live. Not known of what was read.
    var isDead: Bool { living == 0 && readEnd == 0 }

    /// Behind the frame, in the file.
    static func frameEnd(of location: BodyLocation) -> Int {
        Int(location.offset) + RecordFrame.bytes(payloadBytes: Int(location.length))
    }

    /// All of `bytes` was filled from the file.
    func noteRead() { readEnd = bytes.count }

    func forgetRead() { readEnd = 0 }

    /// The frame alone was filled from the file, behind bytes that mean nothing.
    func frame(of location: BodyLocation) -> UnsafeRawBufferPointer {
        part(Int(location.offset), Self.frameEnd(of: location))
    }

    /// By offsets in the file.
    private func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(start - key.start)..<(end - key.start)])
    }

    /// Takes over what another block read, below what is trusted here.
    func merge(_ other: BodyBlock) {
        let count = min(other.readEnd, max(0, trustedFrom - key.start))
        guard count > readEnd else { return }
        grow(to: count)
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: other.bytes[0..<count]))
        readEnd = count
    }

    func append(_ location: BodyLocation, _ payload: UnsafeRawBufferPointer, sequence: UInt64) {
        let start = Int(location.offset) + RecordFrame.headerBytes - key.start
        grow(to: start + payload.count)
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + payload.count]).copyMemory(from: payload)
        trustedFrom = min(trustedFrom, Int(location.offset))
        readEnd = min(readEnd, trustedFrom - key.start)
        living += 1
        lastSequence = sequence
    }

    func release(_ location: BodyLocation) {
        if Int(location.offset) >= trustedFrom { living -= 1 }
    }

    enum Lookup {
        /// The payload, as it was appended.
        case trusted(UnsafeRawBufferPointer)
        /// The frame with its payload, as it was read: still to be checked.
        case read(UnsafeRawBufferPointer)
        case absent
    }

    func find(_ location: BodyLocation) -> Lookup {
        if Int(location.offset) >= trustedFrom {
            let start = Int(location.offset) + RecordFrame.headerBytes
            return .trusted(part(start, start + Int(location.length)))
        }
        guard Self.frameEnd(of: location) <= key.start + readEnd else { return .absent }
        return .read(frame(of: location))
    }

    private func grow(to count: Int) {
        guard count > bytes.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + 4095) & ~4095, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(bytes))
        bytes.deallocate()
        bytes = larger
    }
}
