import RoostCore
import RoostModel
import Testing

@Suite("The bytes of entries of task queues and moves")
struct TaskEntryCodecTests {
    /// As in `EntryCodecTests`: these bytes are for ever.
    static let golden: [(kind: EntryKind, bytes: [UInt8])] = [
        (.bury, buryHead + le(UInt16(6)) + le(UInt16(8)) + le(UInt16(2)) + Array("brokengrößerw7".utf8)),
        (.bury, buryHead + le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0))),
        (.kick, le(UInt32(7)) + le(Int64(1000)) + le(UInt32(5)) + le(UInt32(9))),
        (.startMove, startHead + le(UInt32(20)) + le(UInt64(300)) + Array("mail".utf8)),
        (.startMove, startHead + le(UInt32(0)) + le(UInt64(0))),
        (.endMove, le(UInt64(3)) + le(Int64(1000)) + [1, 0]),
        (.endMove, le(UInt64(3)) + le(Int64(1000)) + [2, 0]),
        (.endMove, le(UInt64(3)) + le(Int64(1000)) + [3, 2]),
        (.transfer, transferHead + [2] + le(UInt64(3)) + le(UInt32(5)) + le(UInt32(9))),
        (.transfer, transferHead + [1] + le(UInt32(5)) + le(UInt32(9))),
    ]

    private static let startHead: [UInt8] = le(UInt64(3)) + le(UInt32(7)) + le(Int64(1000))
    private static let transferHead: [UInt8] = le(UInt32(7)) + le(UInt32(8)) + le(Int64(1000))
    private static let buryHead: [UInt8] = le(UInt32(5)) + le(UInt64(77)) + le(Int64(1000))

    private static func le<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private func decode(_ kind: EntryKind, _ bytes: [UInt8]) throws(EntryDecodingError) -> Entry {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        return try EntryCodec.decode(kind: kind, UnsafeRawBufferPointer(buffer))
    }

    @Test("The bytes of each kind are read, and written again as they were")
    func goldenBytes() throws {
        for (kind, bytes) in Self.golden {
            let entry = try decode(kind, bytes)
            #expect(entry.kind == kind)
            #expect(EntryRecording.encode(entry) == bytes, "\(kind)")
        }
    }

    @Test("What is read is what the bytes say")
    func goldenValues() throws {
        guard case .bury(let bury) = try decode(.bury, Self.golden[0].bytes),
            case .bury(let bare) = try decode(.bury, Self.golden[1].bytes),
            case .kick(let kick) = try decode(.kick, Self.golden[2].bytes)
        else {
            Issue.record("other kinds")
            return
        }
        #expect(bury.slot == 5 && bury.number == 77 && bury.at.milliseconds == 1000)
        #expect(bury.burial == Burial(reason: "broken", error: "größer", by: "w7"))
        #expect(bare.burial == Burial(reason: ""))
        #expect(kick.queue == 7 && kick.at.milliseconds == 1000 && kick.slots == [5, 9])
    }

    @Test("So it is with those of moves")
    func goldenValuesOfMoves() throws {
        guard case .startMove(let start) = try decode(.startMove, Self.golden[3].bytes),
            case .startMove(let back) = try decode(.startMove, Self.golden[4].bytes),
            case .transfer(let redrive) = try decode(.transfer, Self.golden[8].bytes),
            case .transfer(let deadLetter) = try decode(.transfer, Self.golden[9].bytes)
        else {
            Issue.record("other kinds")
            return
        }
        #expect(start.id == 3 && start.from == 7 && start.at.milliseconds == 1000)
        #expect(start.rate == 20 && start.toMove == 300 && start.to?.text == "mail")
        #expect(back.rate == nil && back.toMove == 0 && back.to == nil)
        let statuses = try Self.golden[5...7].map { golden in
            guard case .endMove(let end) = try decode(.endMove, golden.bytes), end.id == 3, end.at.milliseconds == 1000
            else { throw Discrepancy("not the end of move 3") }
            return end.status
        }
        #expect(statuses == [.completed, .cancelled, .failed(.unknownOrigin)])
        #expect(redrive.from == 7 && redrive.to == 8 && redrive.at.milliseconds == 1000)
        #expect(redrive.purpose == .redrive && redrive.move == 3 && redrive.slots == [5, 9])
        #expect(deadLetter.purpose == .deadLetter && deadLetter.move == 0 && deadLetter.slots == [5, 9])
    }

    private func isWhole(_ kind: EntryKind, _ count: Int, of bytes: [UInt8]) -> Bool {
        switch kind {
        case .kick: count >= 12 && count % 4 == 0
        case .startMove: count >= 32
        case .transfer: count >= (bytes[16] == 2 ? 25 : 17) && count % 4 == 1
        default: count == bytes.count
        }
    }

    @Test("A record cut at any byte is an error, or a shorter list or text")
    func truncation() {
        for (kind, bytes) in Self.golden {
            for count in 0...bytes.count {
                let entry = try? decode(kind, Array(bytes.prefix(count)))
                #expect((entry != nil) == isWhole(kind, count, of: bytes), "\(kind) cut at \(count)")
            }
        }
    }

    @Test("A byte too many is an error where the length is fixed")
    func excess() {
        for (kind, bytes) in Self.golden where kind != .startMove {
            #expect(throws: EntryDecodingError.self, "\(kind)") { try decode(kind, bytes + [0]) }
        }
    }

    @Test("Values that no entry can have are errors")
    func illegalValues() {
        let long = Self.buryHead + Self.le(UInt16(8192)) + Self.le(UInt16(0)) + Self.le(UInt16(1))
        let notText = Self.buryHead + Self.le(UInt16(2)) + Self.le(UInt16(0)) + Self.le(UInt16(0)) + [0xc3, 0x28]
        for bytes in [long + [UInt8](repeating: 97, count: 8193), notText] {
            #expect(throws: EntryDecodingError.self) { try decode(.bury, bytes) }
        }
        let end = Self.le(UInt64(3)) + Self.le(Int64(1000))
        for status in [[0, 0], [1, 1], [3, 0], [3, 3], [4, 0]] as [[UInt8]] {
            #expect(throws: EntryDecodingError.self) { try decode(.endMove, end + status) }
        }
        let many = Self.startHead + Self.le(UInt32(0)) + Self.le(UInt64(1) << 40)
        for bytes in [many, Self.golden[3].bytes + [UInt8(ascii: "!")]] {
            #expect(throws: EntryDecodingError.self) { try decode(.startMove, bytes) }
        }
        var purpose = Self.golden[9].bytes
        purpose[16] = 3
        #expect(throws: EntryDecodingError.self) { try decode(.transfer, purpose) }
    }

    @Test(
        "Random bytes, and golden bytes with random changes, are read or refused, never more", arguments: UInt64(1)...4)
    func randomBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<30_000 {
            var (kind, bytes) = random.pick(Self.golden)
            if random.chance(30) {
                bytes = random.bytes(random.below(200))
            } else {
                for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            }
            guard let entry = try? decode(kind, bytes) else { continue }
            guard EntryRecording.encode(entry) == bytes else {
                Issue.record("seed \(seed): \(kind) \(bytes) is written differently")
                return
            }
            kind = entry.kind
        }
    }
}
