import RoostCore
import RoostModel
import Testing

@Suite("The bytes of entries")
struct EntryCodecTests {
    /// One of each kind as it stands in the log. These bytes are for ever: a change here makes old logs unreadable.
    static let golden: [(kind: EntryKind, bytes: [UInt8])] = [
        (.createQueue, le(UInt32(7)) + le(Int64(1000)) + settingsBytes + Array("mail".utf8)),
        (.deleteQueue, le(UInt32(7))),
        (.purgeQueue, le(UInt32(7)) + le(UInt64(1 << 40))),
        (.changeSettings, le(UInt32(7)) + le(Int64(1000)) + settingsBytes),
        (.pauseQueue, le(UInt32(7)) + le(Int64(1000)) + Array("größer".utf8)),
        (.resumeQueue, le(UInt32(7))),
        (.lease, le(UInt32(7)) + le(Int64(1000)) + le(Int64(31_000)) + le(UInt32(5)) + le(UInt32(9))),
        (.delete, le(UInt32(5)) + le(UInt64(77))),
        (.changeVisibility, le(UInt32(5)) + le(UInt64(77)) + le(Int64(31_000))),
        (.changeVisibility, le(UInt32(5)) + le(UInt64(77)) + le(Int64.min)),
        (.damage, le(UInt32(5)) + le(UInt64(77))),
        (.tick, le(Int64(1000)) + le(UInt32(3)) + le(UInt32(2)) + le(UInt32(4)) + le(UInt32(5)) + le(UInt32(6))),
        (.transfer, le(UInt32(7)) + le(UInt32(8)) + le(Int64(1000)) + [1] + le(UInt32(5)) + le(UInt32(9))),
        (.changeSettings, le(UInt32(7)) + le(Int64(1000)) + wholeSettingsBytes),
        (.keys, [3, 4] + le(UInt32(1)) + Array("k".utf8)),
        (.take, le(UInt32(7)) + le(Int64(1000)) + le(UInt32(5)) + le(UInt32(9))),
        (.transaction, le(UInt32(3))),
    ]

    static let sendBytes: [UInt8] =
        le(UInt32(7)) + le(UInt32(5)) + le(UInt64(77)) + le(Int64(1000)) + le(Int64(2000)) + [2, 0, 0, 0]
        + le(UInt16(1)) + le(UInt16(6)) + le(UInt32(3)) + [0] + Array("aString".utf8) + Array("xyz".utf8)
        + le(UInt16(2)) + le(UInt16(6)) + le(UInt32(2)) + [1] + Array("bcBinary".utf8) + [0, 255]
        + Array("the body".utf8)

    private static let settingsBytes: [UInt8] =
        le(Int64(1)) + le(Int64(2)) + le(Int64(3)) + le(Int64(4)) + le(Int64(5)) + [2] + Array(repeating: 0, count: 12)

    private static let wholeSettingsBytes: [UInt8] =
        le(Int64(1)) + le(Int64(2)) + le(Int64(3)) + le(Int64(4)) + le(Int64(5)) + [1, 3]
        + Array(repeating: 0, count: 11)
        + le(UInt32(partsBytes.count)) + partsBytes

    private static let partsBytes: [UInt8] =
        part(1, le(UInt32(5)) + Array("dead.fifo".utf8)) + part(2, [1] + Array("a".utf8) + [2] + Array("b2".utf8))
        + part(3, le(UInt32(0)) + Array("no name".utf8)) + part(3, le(UInt32(4)) + Array("tagsgrößer".utf8))

    private static func part(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
        [kind] + le(UInt32(content.count)) + content
    }

    private static let wholeSettings = try? QueueSettings(
        visibilityTimeout: Milliseconds(1), delay: Milliseconds(2), retention: Milliseconds(3),
        maximumMessageBytes: 4, receiveWait: Milliseconds(5), redelivery: .front, isFIFO: true,
        deadLetters: DeadLetterPolicy(target: QueueName("dead.fifo"), receivesMax: 5),
        deadLetterSources: .these([QueueName("a"), QueueName("b2")]),
        properties: ["": "no name", "tags": "größer"])

    private static func le<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private func decode(_ kind: EntryKind, _ bytes: [UInt8]) throws(EntryDecodingError) -> Entry {
        // A block of its own size, so that a read past the end is seen by an address checker.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        return try EntryCodec.decode(kind: kind, UnsafeRawBufferPointer(buffer))
    }

    @Test("The bytes of each kind are read, and written again as they were")
    func goldenBytes() throws {
        #expect(
            Set((Self.golden + TaskEntryCodecTests.golden).map(\.kind) + [.send, .move]) == Set(EntryKind.allCases))
        for (kind, bytes) in Self.golden {
            let entry = try decode(kind, bytes)
            #expect(entry.kind == kind)
            #expect(EntryRecording.encode(entry) == bytes, "\(kind)")
        }
    }

    @Test("What is read is what the bytes say")
    func goldenValues() throws {
        let settings = QueueSettings(
            visibilityTimeout: Milliseconds(1), delay: Milliseconds(2), retention: Milliseconds(3),
            maximumMessageBytes: 4, receiveWait: Milliseconds(5), redelivery: .back)
        for (kind, bytes) in Self.golden {
            switch try decode(kind, bytes) {
            case .createQueue(let entry):
                #expect(entry.queue == 7 && entry.at.milliseconds == 1000 && entry.name.text == "mail")
                #expect(entry.settings == settings)
            case .purgeQueue(let entry): #expect(entry.queue == 7 && entry.below == 1 << 40)
            case .changeSettings(let entry):
                #expect(entry.at.milliseconds == 1000)
                #expect(entry.settings == settings || entry.settings == Self.wholeSettings)
                #expect(entry.settings.isFIFO == (bytes.count > 65))
            case .pauseQueue(let entry):
                #expect(entry.pause == Pause(reason: "größer", since: BrokerTime(milliseconds: 1000)))
            case .lease(let entry):
                #expect(entry.queue == 7 && entry.at.milliseconds == 1000 && entry.deadline.milliseconds == 31_000)
                #expect(entry.slots == [5, 9])
            case .delete(let entry): #expect(entry.slot == 5 && entry.number == 77)
            case .changeVisibility(let entry):
                #expect(entry.deadline == nil || entry.deadline?.milliseconds == 31_000)
            case .tick(let entry):
                #expect(entry.at.milliseconds == 1000 && entry.fired == [4, 5] && entry.expired == [6])
                #expect(entry.reaped == 3)
            case .transfer(let entry):
                #expect(entry.from == 7 && entry.to == 8 && entry.at.milliseconds == 1000)
                #expect(entry.purpose == .deadLetter && entry.slots == [5, 9])
            case .deleteQueue(let entry): #expect(entry.queue == 7)
            case .resumeQueue(let entry): #expect(entry.queue == 7)
            case .damage(let entry): #expect(entry.slot == 5 && entry.number == 77)
            case .keys(let entry): #expect(entry == KeysEntry(database: 3, effects: [.delete([0x6B])]))
            case .take(let entry):
                #expect(entry.queue == 7 && entry.at.milliseconds == 1000 && entry.slots == [5, 9])
            case .transaction(let entry): #expect(entry.count == 3)
            case .bury, .kick, .startMove, .endMove: Issue.record("these have a suite of their own")
            case .send, .move: Issue.record("no send is among them")
            }
        }
    }

    @Test("A send is read and written as it was, content included")
    func send() throws {
        let attributes = [
            MessageAttribute(name: "a", type: "String", value: .text("xyz")),
            MessageAttribute(name: "bc", type: "Binary", value: .binary([0, 255])),
        ]
        let message = NewMessage(body: Array("the body".utf8), attributes: attributes)
        let entry = try Self.sendBytes.withUnsafeBytes { try SendRecord.decodeEntry($0) }
        #expect(entry.queue == 7 && entry.slot == 5 && entry.number == 77)
        #expect(entry.sentAt.milliseconds == 1000 && entry.availableAt.milliseconds == 2000)
        #expect(try decode(.send, Self.sendBytes) == .send(entry))
        let content = try Self.sendBytes.withUnsafeBytes { try SendRecord.decodeContent($0) }
        #expect(content.sentAt == entry.sentAt && content.attributes == attributes && content.body == message.body)
        #expect(EntryRecording.encode(.send(entry), message) == Self.sendBytes)
        #expect(try decode(.move, Self.sendBytes) == .move(MoveEntry(slot: 5, number: 77)))
    }

    /// Kinds that end in text or a list are whole at more than one length.
    private func isWhole(_ kind: EntryKind, _ count: Int, of bytes: [UInt8]) -> Bool {
        switch kind {
        case .createQueue: count > 65
        case .pauseQueue: String(validating: bytes[12..<max(count, 12)], as: UTF8.self) != nil && count >= 12
        case .lease: count >= 20 && count % 4 == 0
        case .take: count >= 12 && count % 4 == 0
        case .tick: count >= 24 && count % 4 == 0
        case .transfer: count >= 17 && count % 4 == 1
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
        for (kind, bytes) in Self.golden where ![.createQueue, .pauseQueue].contains(kind) {
            #expect(throws: EntryDecodingError.self, "\(kind)") { try decode(kind, bytes + [0]) }
        }
    }

    @Test("A send cut at any byte is an error, or has a shorter body")
    func sendTruncation() {
        let contentStart = Self.sendBytes.count - "the body".utf8.count
        for count in 0...Self.sendBytes.count {
            let bytes = Array(Self.sendBytes.prefix(count))
            let entry = try? bytes.withUnsafeBytes { try SendRecord.decodeEntry($0) }
            let content = try? bytes.withUnsafeBytes { try SendRecord.decodeContent($0) }
            #expect((entry != nil) == (count >= 36), "cut at \(count)")
            #expect((content != nil) == (count >= contentStart), "cut at \(count)")
        }
    }

    @Test("Values that no entry can have are errors")
    func illegalValues() throws {
        let created = try #require(Self.golden.first).bytes
        var noRedelivery = created
        noRedelivery[12 + 40] = 3
        var badName = created
        badName[badName.count - 1] = UInt8(ascii: "!")
        for bytes in [noRedelivery, badName, created + [0xff]] {
            #expect(throws: EntryDecodingError.self) { try decode(.createQueue, bytes) }
        }
        let notText = Array(Self.golden[4].bytes.prefix(12)) + [0xc3, 0x28]
        #expect(throws: EntryDecodingError.self) { try decode(.pauseQueue, notText) }
        var manySlots = Self.golden[11].bytes
        manySlots.replaceSubrange(12..<16, with: [0xff, 0xff, 0xff, 0xff])
        #expect(throws: EntryDecodingError.self) { try decode(.tick, manySlots) }
        for purpose in [0, 3, 255] as [UInt8] {
            var bytes = Self.golden[12].bytes
            bytes[16] = purpose
            #expect(throws: EntryDecodingError.self) { try decode(.transfer, bytes) }
        }
    }

    private func decodeSettings(parts: [UInt8], flags: UInt8 = 3) throws(EntryDecodingError) -> QueueSettings? {
        let fixed = Array(Self.wholeSettingsBytes.prefix(41)) + [flags] + Array(repeating: 0, count: 11)
        let settings = fixed + Self.le(UInt32(parts.count)) + parts
        let entry = try decode(.changeSettings, Self.le(UInt32(7)) + Self.le(Int64(1000)) + settings)
        guard case .changeSettings(let entry) = entry else { return nil }
        return entry.settings
    }

    @Test("That contents are bytes is a flag, which is written as it was read")
    func contents() throws {
        for flag in [32, 32 | 3] as [UInt8] {
            let rest = flag & 2 == 0 ? [] : Self.le(UInt32(Self.partsBytes.count)) + Self.partsBytes
            let settings = Array(Self.settingsBytes.prefix(41)) + [flag] + Array(repeating: 0, count: 11) + rest
            let bytes = Self.le(UInt32(7)) + Self.le(Int64(1000)) + settings
            guard case .changeSettings(let entry) = try decode(.changeSettings, bytes) else { return }
            #expect(entry.settings.contents == .bytes && entry.settings.isFIFO == (flag & 1 != 0))
            #expect(EntryRecording.encode(.changeSettings(entry)) == bytes)
        }
        #expect(try decodeSettings(parts: Self.partsBytes)?.contents == .text)
    }

    @Test("Parts of settings that are not known, or are not as long as they say, are errors")
    func illegalParts() throws {
        #expect(try decodeSettings(parts: Self.partsBytes) == Self.wholeSettings)
        let byContent = try decodeSettings(parts: Self.partsBytes, flags: 7)
        #expect(byContent?.deduplicatesContent == true && byContent?.deduplicationScope == .queue)
        let byGroup = try decodeSettings(parts: Self.partsBytes, flags: 11)
        #expect(byGroup?.deduplicatesContent == false && byGroup?.deduplicationScope == .group)
        let safePop = try decodeSettings(parts: Self.partsBytes, flags: 19)
        #expect(safePop?.safePop == true && safePop?.isFIFO == true && safePop?.deduplicatesContent == false)
        let noSources = try decodeSettings(parts: Self.part(2, []))
        #expect(noSources?.deadLetterSources == DeadLetterSources.none)
        let dead = Self.le(UInt32(5)) + Array("dead".utf8)
        let illegal: [[UInt8]] = [
            [], Self.part(0, dead), Self.part(4, dead), Self.part(255, []), Self.part(1, []),
            Self.part(1, Self.le(UInt32(5))), Self.part(1, Self.le(UInt32(5)) + Array("de ad".utf8)),
            Self.part(2, [0]), Self.part(2, [2] + Array("a".utf8)), Self.part(3, [0, 0, 0]),
            Self.part(3, Self.le(UInt32(1))), Self.part(3, Self.le(UInt32.max) + Array("name".utf8)),
            Self.part(3, Self.le(UInt32(0)) + [0xff]), [1] + Self.le(UInt32.max) + dead,
            [1] + Self.le(UInt32(dead.count + 1)) + dead, [1] + Self.le(UInt32(dead.count - 1)) + dead,
            Self.part(1, dead) + [1], Self.part(1, dead) + [3, 0, 0, 0],
            // The end of one part in the next one.
            [2] + Self.le(UInt32(1)) + [3] + Self.part(2, [1] + Array("b".utf8)),
        ]
        for parts in illegal {
            #expect(throws: EntryDecodingError.self, "\(parts)") { try decodeSettings(parts: parts) }
        }
        for flags in [64, 66, 127, 128] as [UInt8] {
            #expect(throws: EntryDecodingError.self) { try decodeSettings(parts: Self.partsBytes, flags: flags) }
        }
        // Parts that are not announced are bytes too many.
        for flags in [0, 1, 4, 5, 8, 9, 13, 16, 17, 32, 33, 48] as [UInt8] {
            #expect(throws: EntryDecodingError.self) { try decodeSettings(parts: Self.partsBytes, flags: flags) }
        }
    }

    @Test(
        "Random bytes, and golden bytes with random changes, are read or refused, never more", arguments: UInt64(1)...4)
    func randomBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<30_000 {
            var (kind, bytes) = random.pick(Self.golden + [(.send, Self.sendBytes)])
            if random.chance(30) {
                bytes = random.bytes(random.below(200))
                kind = random.pick(EntryKind.allCases)
            } else {
                for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            }
            let entry = try? decode(kind, bytes)
            _ = try? bytes.withUnsafeBytes { try SendRecord.decodeContent($0) }
            if let entry, kind == .createQueue || kind == .changeSettings {
                // Not always the same bytes: reserved ones are not kept, nor is the order of parts.
                let again = try? decode(kind, EntryRecording.encode(entry))
                guard again == entry else {
                    Issue.record("seed \(seed): \(kind) \(bytes) is not the same when it is read again")
                    return
                }
            }
            guard let entry, kind != .send, kind != .move, kind != .createQueue, kind != .changeSettings else {
                continue
            }
            guard EntryRecording.encode(entry) == bytes else {
                Issue.record("seed \(seed): \(kind) \(bytes) is written differently")
                return
            }
        }
    }
}
