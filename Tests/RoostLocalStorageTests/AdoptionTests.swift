import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Lists that become queues, and queues of bytes as keys")
struct AdoptionTests {
    private func open(_ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) { $0.log.segmentBytes = 256 * 1024 }
    }

    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }

    private func push(_ key: String, _ elements: Bytes...) -> KeyCommand {
        .list(.push(bytes(key), .right, elements, onlyExisting: false))
    }

    private func range(_ key: String) -> KeyCommand { .list(.range(bytes(key), start: 0, end: -1)) }

    private func ask(_ harness: Harness, _ commands: KeyCommand...) throws -> [KeyReply] {
        guard case .keys(let replies) = try harness.ask(.keys(KeyRequest(commands))) else { throw Unexpected() }
        return replies
    }

    /// Elements of a list, or of a queue.
    private func elements(_ harness: Harness, _ key: String) throws -> [Bytes] {
        switch try ask(harness, range(key)).first {
        case .strings(let strings):
            var elements: [Bytes] = []
            strings.forEach { elements.append(Bytes($0)) }
            return elements
        case .array(let replies): return replies.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
        default: throw Unexpected()
        }
    }

    private func type(_ harness: Harness, _ key: String) throws -> KeyReply? {
        try ask(harness, .key(.type(bytes(key)))).first
    }

    private func adopt(_ name: String, _ adoption: Adoption = Adoption()) throws -> StorageRequest {
        .adoptQueue(try QueueName(name), adoption)
    }

    private func refusal(_ harness: Harness, _ request: StorageRequest) throws -> Rejection? {
        let token = try #require(harness.submit(request).first)
        harness.run()
        guard case .failure(let rejection)? = harness.result(token) else { return nil }
        return rejection
    }

    // MARK: Adopting

    @Test("Elements become messages in their order, and stay that over a power cut", arguments: [ListEnd.left, .right])
    func order(first: ListEnd) throws {
        let harness = try open()
        _ = try ask(harness, push("jobs", bytes("1"), bytes("2"), bytes("3")))
        let change = QueueSettingsChange(visibilityTimeout: .seconds(7), delay: .seconds(60))
        let adoption = Adoption(settings: change, first: first)
        guard case .queue(let info) = try harness.ask(adopt("jobs", adoption)) else { throw Unexpected() }
        // The delay is for what comes.
        #expect(info.counts == MessageCounts(ready: 3) && info.settings.delay == .seconds(60))
        let texts = first == .left ? ["1", "2", "3"] : ["3", "2", "1"]
        for disk in [nil, harness.disk.afterPowerCut()] {
            let harness = try disk.map { try open($0, logBegun: true) } ?? harness
            #expect(try type(harness, "jobs") == .word(.queue))
            #expect(try elements(harness, "jobs") == texts.map { bytes($0) })
        }
        #expect(try harness.receive(QueueName("jobs")).map(\.text) == texts)
    }

    @Test("What cannot be adopted stays what it is, and is told why")
    func refusals() throws {
        let harness = try open()
        let long = Bytes(repeating: 0x78, count: 100)
        _ = try ask(
            harness, push("empty", bytes("a"), []), push("binary", bytes("a"), bytes("b"), [0xFF]),
            push("long", long), push("jobs.fifo", bytes("a")), .string(.set(bytes("text"), [7], SetOptions())))
        let queue = try harness.create("queue")
        let small = Adoption(settings: QueueSettingsChange(maximumMessageBytes: 99))
        let reasons = [
            ("none", Adoption(), "there is no such key in database 0"),
            ("text", Adoption(), "it is a key of type string, and no list"),
            ("queue", Adoption(), "it is a queue already"),
            ("jobs.fifo", Adoption(), "messages of a FIFO queue need a group, and elements of a list have none"),
            ("empty", Adoption(), "element 1 is empty. Only a queue whose contents are bytes takes it"),
            ("binary", Adoption(first: .right), "element 2 is no text. Only a queue whose contents are bytes takes it"),
            ("long", small, "element 0 has 100 bytes, and the queue would take 99"),
        ]
        for (name, adoption, reason) in reasons {
            let refusal = try refusal(harness, adopt(name, adoption))
            #expect(refusal == .cannotAdopt(try QueueName(name), reason: reason))
        }
        let unknown = Adoption(settings: QueueSettingsChange(visibilityTimeout: Milliseconds(-1)))
        guard case .invalidSetting? = try refusal(harness, adopt("long", unknown)) else { throw Unexpected() }
        #expect(try elements(harness, "binary") == [bytes("a"), bytes("b"), [0xFF]])
        #expect(try type(harness, "empty") == .word(.list))
        #expect(try harness.info(queue).counts == MessageCounts())
    }

    @Test("A queue of bytes takes every list")
    func bytesOfAnyKind() throws {
        let harness = try open()
        let all: [Bytes] = [[], [0xFF, 0, 1], bytes("a")]
        _ = try ask(harness, push("jobs", all[0], all[1], all[2]))
        _ = try harness.ask(adopt("jobs", Adoption(settings: QueueSettingsChange(contents: .bytes))))
        let second = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try elements(second, "jobs") == all)
        let received = try second.receive(QueueName("jobs"))
        #expect(received.map(\.body) == all && received.allSatisfy { $0.contents == .bytes })
    }

    @Test("A list that does not fit one record of the log is refused, and what fits is not")
    func large() throws {
        let harness = try open()
        let element = Bytes(repeating: 0x78, count: 1000)
        let fifty = Array(repeating: element, count: 50)
        for _ in 0..<5 { _ = try ask(harness, .list(.push(bytes("jobs"), .right, fifty, onlyExisting: false))) }
        guard case .cannotAdopt(_, let reason)? = try refusal(harness, adopt("jobs")) else { throw Unexpected() }
        #expect(reason.contains("all of the list has to fit one record of the log"))
        #expect(try ask(harness, .list(.length(bytes("jobs")))) == [.integer(250)])
        _ = try ask(harness, .list(.trim(bytes("jobs"), start: 0, end: 199)))
        guard case .queue(let info) = try harness.ask(adopt("jobs")) else { throw Unexpected() }
        #expect(info.counts.ready == 200)
    }

    @Test("It happens whole or not at all, wherever the log ends")
    func powerCuts() throws {
        var (adopted, torn) = (0, 0)
        for calls in 0..<16 {
            let harness = try open()
            // The second part finds no room in this segment, so two batches are written.
            let old = KeyCommand.string(.set(bytes("old"), Bytes(repeating: 1, count: 20_000), SetOptions()))
            let long = Bytes(repeating: 0x79, count: 80_000)
            _ = try ask(harness, push("jobs", long, long), old)
            let sequence = try open(harness.disk.afterPowerCut(), logBegun: true).storage.recovery.lastSequence
            let token = try #require(harness.submit(try adopt("jobs")).first)
            harness.disk.cutPower(atCall: harness.disk.calls + calls)
            harness.run(turns: 20)
            let second = try open(harness.disk.afterPowerCut(), logBegun: true)
            let isQueue = try type(second, "jobs") == .word(.queue)
            #expect(isQueue || harness.result(token) == nil, "answered, and lost")
            #expect(try elements(second, "jobs") == [long, long])
            if isQueue { adopted += 1 }
            if !isQueue, second.storage.recovery.lastSequence > sequence { torn += 1 }
        }
        #expect(adopted > 0 && torn > 0, "\(adopted) adopted, \(torn) torn")
    }

    @Test("Who watches the key is told, and who waits for it waits for the queue")
    func watchersAndWaiters() throws {
        let harness = try open()
        _ = try ask(harness, push("jobs", bytes("1")))
        guard case .watching(let watch) = try harness.ask(.watch(database: 0, [bytes("jobs")], under: nil)) else {
            throw Unexpected()
        }
        let names = [bytes("jobs"), bytes("others")]
        let pop = KeyRequest([.list(.popFirstElement(names, .left))], wait: KeyWait(names, timeout: nil))
        _ = try harness.ask(adopt("jobs"))
        #expect(try harness.ask(.keys(KeyRequest([range("jobs")], watch: watch))) == .watchBroken)
        guard case .keys(let replies) = try harness.ask(.keys(pop)) else { throw Unexpected() }
        #expect(replies == [.array([.bytes(bytes("jobs")), .bytes(bytes("1"))])])
        let waiter = try #require(harness.submit(.keys(pop)).first)
        harness.run()
        #expect(harness.result(waiter) == nil)
        try harness.send("2", to: QueueName("jobs"))
        harness.run()
        #expect(harness.result(waiter) == .success(.keys([.array([.bytes(bytes("jobs")), .bytes(bytes("2"))])])))
    }

    // MARK: Bytes

    @Test("A queue of bytes takes any element and gives it back as it was, also where it is cold")
    func anyElement() throws {
        let disk = MemoryDisk()
        let harness = try Harness(on: disk) {
            $0.log.segmentBytes = 256 * 1024
            $0.cacheBytes = 0
        }
        let queue = try harness.create("jobs", QueueSettingsChange(contents: .bytes))
        var all: [Bytes] = []
        for number in 0..<100 as Range<UInt8> {
            all += [[], [number, 0, 0xFF], Bytes(repeating: number, count: 3000)]
            let newest = all.suffix(3)
            _ = try ask(harness, .list(.push(bytes("jobs"), .right, Array(newest), onlyExisting: false)))
        }
        let pop = KeyCommand.list(.pop(bytes("jobs"), .left, count: nil))
        for element in all[..<6] { #expect(try ask(harness, pop) == [.bytes(element)]) }
        #expect(try harness.receive(queue, maximum: 3).map(\.body) == Array(all[6..<9]))
        #expect(harness.storage.metrics.diskReads > 0)
    }

    @Test("An element that is no text stays in a queue of bytes when it is moved to one of text")
    func moved() throws {
        let harness = try open()
        _ = try harness.create("bytes", QueueSettingsChange(contents: .bytes))
        _ = try harness.create("text")
        _ = try ask(harness, push("bytes", bytes("a"), [0xFF]))
        let move = KeyCommand.list(.move(from: bytes("bytes"), .left, to: bytes("text"), .right))
        #expect(try ask(harness, move) == [.bytes(bytes("a"))])
        #expect(try ask(harness, move) == [.failure(.refused(.messageNotText))])
        #expect(try elements(harness, "bytes") == [[0xFF]])
        #expect(try elements(harness, "text") == [bytes("a")])
    }
}
