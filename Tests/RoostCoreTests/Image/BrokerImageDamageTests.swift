import Glibc
import RoostCore
import RoostModel
import Testing

/// No bytes whatever make the reader trap, or make it hand out a broker that does.
@Suite("Damaged images of a broker")
struct BrokerImageDamageTests {
    private static func small() throws -> Broker {
        var exercise = Exercise(Broker(configuration: Rehearsal.configuration), seed: 77)
        try exercise.run(150)
        var broker = exercise.broker
        try addMoves(to: &broker)
        try addGroups(to: &broker, "groups", QueueSettingsChange(retention: .seconds(1000)))
        try addGroups(to: &broker, "groups.fifo", QueueSettingsChange(retention: .seconds(1000), isFIFO: true))
        try addDeadLetters(to: &broker, "dead", isFIFO: false)
        try addDeadLetters(to: &broker, "dead.fifo", isFIFO: true)
        try addKeys(to: &broker)
        return broker
    }

    /// A key of each type, one of them with a time, in two databases.
    private static func addKeys(to broker: inout Broker) throws {
        func bytes(_ text: String) -> Bytes { Array(text.utf8) }
        let expiry = BrokerTime(milliseconds: 1_800_000_000_000)
        let entries = [
            KeysEntry(
                database: 0,
                effects: [
                    .putString(bytes("string"), bytes("text"), expiry: expiry),
                    .push(bytes("list"), .right, [bytes("a"), bytes("")]),
                    .hash(.put(bytes("hash"), [KeyValuePair(bytes("f"), bytes("v"))])),
                ]),
            KeysEntry(
                database: 15,
                effects: [
                    .set(.add(bytes("set"), [bytes("m")])),
                    .sortedSet(.put(bytes("scores"), [ScoredMember(1.5, bytes("m"))])),
                ]),
        ]
        for entry in entries { try broker.carryOut(.keys(entry)) }
    }

    /// A move that is over, and one in the middle of its walk.
    private static func addMoves(to broker: inout Broker) throws {
        let now = BrokerTime(milliseconds: 1_700_001_000_000)
        let (dead, other) = (try QueueName("letters"), try QueueName("other"))
        let queue = try broker.createQueue("letters", now: now)
        let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
        let source = try broker.createQueue("other", QueueSettingsChange(deadLetters: .some(policy)), now: now)
        for group in ["a", "a", "b", "c"] { try broker.send(to: source, in: group, now: now) }
        for leased in try broker.lease(4, from: source, now: now) {
            let entry = try broker.prepareGiveBack(leased.handle, in: source)
            if let entry { try broker.carryOut(.changeVisibility(entry)) }
        }
        if let entry = broker.prepareDeadLetters(from: source, maximum: 10, now: now) {
            try broker.carryOut(.transfer(entry))
        }
        let first = try broker.prepareStartMove(MoveOptions(from: dead, to: other, rate: 7), now: now)
        try broker.carryOut(.startMove(first))
        try broker.carryOut(.endMove(broker.prepareCancelMove(first.id, now: now)))
        let second = try broker.prepareStartMove(MoveOptions(from: dead), now: now)
        try broker.carryOut(.startMove(second))
        guard case .transfer(let entry) = broker.prepareMoveStep(second.id, maximum: 1, now: now) else {
            throw Discrepancy("nothing is moved out of queue \(queue)")
        }
        try broker.carryOut(.transfer(entry))
    }

    /// Dead letters of two queues, one of which is deleted, some received again, and some redriven.
    private static func addDeadLetters(to broker: inout Broker, _ name: String, isFIFO: Bool) throws {
        let now = BrokerTime(milliseconds: 1_700_001_000_000)
        let sources = DeadLetterSources.these([try QueueName("a-\(name)"), try QueueName("b-\(name)")])
        let change = QueueSettingsChange(isFIFO: isFIFO, deadLetterSources: sources, properties: ["tag": "größer"])
        let dead = try broker.createQueue(name, change, now: now)
        let policy = DeadLetterPolicy(target: try QueueName(name), receivesMax: 1)
        var last = dead
        for source in ["a", "b"] {
            let change = QueueSettingsChange(isFIFO: isFIFO, deadLetters: policy)
            last = try broker.createQueue("\(source)-\(name)", change, now: now)
            for number in 0..<5 { try broker.send(to: last, in: isFIFO || number == 0 ? "g" : nil, now: now) }
            let leased = try broker.lease(4, from: last, .seconds(9), now: now)
            for message in leased {
                let entry = try broker.prepareGiveBack(message.handle, in: last)
                if let entry { try broker.carryOut(.changeVisibility(entry)) }
            }
            try broker.moveDeadLetters(from: last, maximum: 3, now: now)
        }
        try broker.lease(1, from: dead, .seconds(50), now: now)
        let ready = broker.peek(dead, .ready, fromTail: true, count: 1).map(\.slot)
        try broker.carryOut(.transfer(TransferEntry(from: dead, to: last, at: now, purpose: .redrive, slots: ready)))
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("a-\(name)"))))
    }

    /// Groups that are purged, whose timers are to be set anew, and with messages in every state.
    private static func addGroups(to broker: inout Broker, _ name: String, _ change: QueueSettingsChange) throws {
        let now = BrokerTime(milliseconds: 1_700_001_000_000)
        let queue = try broker.createQueue(name, change, now: now)
        for group in ["a", "b", "b"] {
            let sent = try broker.send(to: queue, in: group, now: now)
            if group == "a" { try broker.carryOut(.damage(DamageEntry(slot: sent.slot, number: sent.number))) }
        }
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName(name))))
        var sent: [SendEntry] = []
        for number in 0..<12 {
            let delay = Milliseconds(number < 8 ? 0 : 60_000)
            sent.append(try broker.send(to: queue, in: ["a", "b", "c", "d"][number % 4], delay: delay, now: now))
        }
        for leased in try broker.lease(3, from: queue, .seconds(50), now: now).prefix(1) {
            let entry = try broker.prepareGiveBack(leased.handle, in: queue)
            if let entry { try broker.carryOut(.changeVisibility(entry)) }
        }
        for leased in try broker.lease(3, from: queue, .seconds(50), now: now).prefix(2) {
            let burial = Burial(reason: "too hard", error: "line 7", by: "worker")
            try broker.carryOut(.bury(broker.prepareBury(leased.handle, in: queue, burial, now: now)))
        }
        for number in [6, 10] {
            let entry = broker.prepareDamage(slot: sent[number].slot, number: sent[number].number)
            if let entry { try broker.carryOut(.damage(entry)) }
        }
        let longer = QueueSettingsChange(retention: .seconds(2000))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName(name), longer, now: now)))
    }

    /// Minutes instead of seconds.
    private static let runsAreLong = getenv("ROOST_EVERY_BIT") != nil
    private static let sections = 12
    /// Of the section with the chunk of messages.
    private static let chunk = 5
    private static let headerOfChunkBytes = 16 + 128

    /// What a broker with a chunk of messages is in: header, queues, groups, burials, moves, chunk, three wheels,
    /// duplicates, keys and their end.
    @Test("The small image has every kind of message")
    func smallImage() throws {
        let broker = try Self.small()
        for state in MessageState.allCases { #expect(broker.counts[state] > 0, "\(state)") }
        let image = BrokerImage(of: broker)
        #expect(image.sections.count == Self.sections)
        #expect(broker.runningMoveCount > 0)
        #expect(image.sections.suffix(3).map(\.first) == [7, 10, 11])
        #expect(broker.databases.keyCount == 5)
        #expect(try BrokerImage(of: image.restored()) == image)
        for name in ["groups", "groups.fifo"] {
            let counts = broker.counts(of: try broker.queueID(named: QueueName(name)))
            for state in MessageState.allCases { #expect(counts[state] > 0, "\(name): \(state)") }
        }
        #expect(broker.messageCount - MessageState.allCases.reduce(0) { $0 + broker.counts[$1] } >= 4, "purged ones")
    }

    @Test("An image cut at any byte, or without any of its sections, is refused")
    func truncation() throws {
        let image = BrokerImage(of: try Self.small())
        for section in image.sections.indices {
            var without = image
            without.sections.remove(at: section)
            #expect(throws: BrokerImageError.self) { try without.restored() }
            let bytes = image.sections[section]
            for count in 0..<bytes.count where count < 2000 || count % 61 == 0 || count > bytes.count - 100 {
                var cut = image
                cut.sections[section] = Array(bytes.prefix(count))
                #expect(throws: BrokerImageError.self, "section \(section) cut at \(count)") { try cut.restored() }
                if count % 64 == 0 {
                    cut.sections.removeSubrange((section + 1)...)
                    #expect(throws: BrokerImageError.self) { try cut.restored() }
                }
            }
            var longer = image
            longer.sections[section].append(0)
            #expect(throws: BrokerImageError.self) { try longer.restored() }
        }
        #expect(throws: BrokerImageError.self) { try Self.appended(image, image.sections[0]) }
        #expect(throws: BrokerImageError.self) { try Self.appended(image, image.sections[Self.sections - 1]) }
    }

    @Test("Counts of a queue that are not those of its messages are refused")
    func counts() throws {
        let image = BrokerImage(of: try BrokerImageTests.large(messages: 3000, queues: 2))
        for state in 0..<4 {
            var wrong = image
            wrong.sections[1][4 + 97 + 8 * state] &+= 1
            #expect(throws: BrokerImageError.self) { try wrong.restored() }
        }
    }

    private static func appended(_ image: BrokerImage, _ section: [UInt8]) throws -> Broker {
        var image = image
        image.sections.append(section)
        return try image.restored()
    }

    /// Bits of free slots mean nothing, so most of these are left out.
    private func bits(of section: Int, _ image: BrokerImage) -> [Int] {
        let bytes = image.sections[section]
        guard section == Self.chunk else { return Array(0..<8 * bytes.count) }
        let start = 8 * Self.headerOfChunkBytes
        let used = (0..<1024).filter { bytes[16 + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
        return Array(0..<start) + used.flatMap { start + 480 * $0..<start + 480 * ($0 + 1) }
            + Array(stride(from: start, to: 8 * bytes.count, by: 9973))
    }

    @Test("With any one bit changed it is refused, or gives a broker that works", arguments: 0..<sections)
    func bitFlips(section: Int) throws {
        let image = BrokerImage(of: try Self.small())
        var restored = 0
        for bit in bits(of: section, image) {
            var flipped = image
            flipped.flip(bit: bit, of: section)
            guard let broker = try? flipped.restored() else { continue }
            restored += 1
            // Most bits are times, counts and places, which are as good as any others.
            let isLong = restored % 16 == 0 || (Self.runsAreLong && section != Self.chunk)
            var exercise = Exercise(broker, seed: UInt64(bit))
            try exercise.run(isLong ? 1000 : 60)
        }
    }

    @Test("So is it with random changes, and with sections that are swapped or doubled", arguments: UInt64(1)...4)
    func mutations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let image = BrokerImage(of: try BrokerImageTests.large(messages: 3000, queues: 8))
        var restored = 0
        for _ in 0..<600 {
            var damaged = image
            for _ in 0...random.below(4) { mutate(&damaged, &random) }
            guard let broker = try? damaged.restored() else { continue }
            restored += 1
            var exercise = Exercise(broker, seed: seed)
            try exercise.run(200)
        }
        #expect(restored > 0)
    }

    private func mutate(_ image: inout BrokerImage, _ random: inout SplitMix64) {
        let section = random.below(image.sections.count)
        let count = image.sections[section].count
        switch random.below(10) {
        case 0: image.sections.swapAt(section, random.below(image.sections.count))
        case 1: image.sections.insert(image.sections[section], at: random.below(image.sections.count))
        case ..<5:
            // A link that leads somewhere that is there.
            let place = random.below(max(count / 4 - 1, 1)) * 4
            let link = UInt32(random.below(3100))
            for byte in 0..<4 where place + byte < count {
                image.sections[section][place + byte] = UInt8(truncatingIfNeeded: link >> (8 * UInt32(byte)))
            }
        default: image.sections[section][random.below(count)] = UInt8(random.below(256))
        }
    }
}
