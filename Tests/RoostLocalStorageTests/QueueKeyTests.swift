import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Queues as keys of database 0")
struct QueueKeyTests {
    private func open(
        _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, cacheBytes: Int = 1_000_000
    ) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) {
            $0.log.segmentBytes = 256 * 1024
            $0.cacheBytes = cacheBytes
        }
    }

    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }

    private func push(_ key: String, _ elements: String...) -> KeyCommand {
        .list(.push(bytes(key), .left, elements.map { bytes($0) }, onlyExisting: false))
    }

    private func pop(_ key: String, _ count: Int? = nil) -> KeyCommand { .list(.pop(bytes(key), .left, count: count)) }
    private func length(_ key: String) -> KeyCommand { .list(.length(bytes(key))) }
    private func range(_ key: String, _ start: Int64 = 0, _ end: Int64 = -1) -> KeyCommand {
        .list(.range(bytes(key), start: start, end: end))
    }
    private func set(_ key: String) -> KeyCommand { .string(.set(bytes(key), [7], SetOptions())) }
    private func move(_ from: String, _ to: String) -> KeyCommand {
        .list(.move(from: bytes(from), .left, to: bytes(to), .right))
    }
    private func texts(_ texts: String...) -> KeyReply { .array(texts.map { .bytes(bytes($0)) }) }

    private func waiting(_ timeout: Milliseconds?, _ keys: String...) -> StorageRequest {
        let names = keys.map { bytes($0) }
        return .keys(KeyRequest([.list(.popFirstElement(names, .right))], wait: KeyWait(names, timeout: timeout)))
    }

    private func ask(_ harness: Harness, _ commands: KeyCommand...) throws -> [KeyReply] {
        guard case .keys(let replies) = try harness.ask(.keys(KeyRequest(commands))) else { throw Unexpected() }
        return replies.map(asArray)
    }

    /// Ranges of lists are strings in one piece.
    private func asArray(_ reply: KeyReply) -> KeyReply {
        guard case .strings(let strings) = reply else { return reply }
        var elements: [KeyReply] = []
        strings.forEach { elements.append(.bytes(Bytes($0))) }
        return .array(elements)
    }

    // MARK: Both ways

    @Test("What is pushed is received, and what is sent is popped, over a power cut")
    func bothWays() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        #expect(try ask(harness, push("jobs", "1", "2")) == [.integer(2)])
        try harness.send("3", to: queue)
        #expect(try ask(harness, length("jobs"), range("jobs")) == [.integer(3), texts("1", "2", "3")])
        #expect(try harness.receive(queue, maximum: 1).map(\.text) == ["1"])
        let second = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try ask(second, pop("jobs"), pop("jobs", 5), pop("jobs")) == [.bytes(bytes("2")), texts("3"), .null])
        #expect(try second.info(queue).counts == MessageCounts(inFlight: 1))
        let third = try open(second.disk.afterPowerCut(), logBegun: true)
        #expect(try third.info(queue).counts == MessageCounts(inFlight: 1))
        #expect(try third.info(queue).totals.deleted == 2)
    }

    @Test("A pop without a wait takes from the oldest on, whichever end it names")
    func oldestFirst() throws {
        let harness = try open()
        _ = try harness.create("jobs")
        _ = try ask(harness, push("jobs", "1"), .list(.push(bytes("jobs"), .right, [bytes("2")], onlyExisting: true)))
        let right = KeyCommand.list(.pop(bytes("jobs"), .right, count: nil))
        #expect(try ask(harness, right, right) == [.bytes(bytes("1")), .bytes(bytes("2"))])
        let onlyExisting = KeyCommand.list(.push(bytes("jobs"), .right, [bytes("3")], onlyExisting: true))
        #expect(try ask(harness, onlyExisting) == [.integer(0)])
    }

    @Test("Bodies that are not in memory are read first", arguments: [false, true])
    func coldBodies(isTransaction: Bool) throws {
        let harness = try open(cacheBytes: 0)
        let queue = try harness.create("jobs")
        let all = (0..<200).map { "\($0) " + String(repeating: "x", count: 3000) }
        for text in all { try harness.send(text, to: queue) }
        var popped: [KeyReply] = []
        while popped.count < 100 {
            if isTransaction {
                popped += try ask(harness, pop("jobs"), pop("jobs"), length("jobs")).dropLast()
            } else {
                popped += try ask(harness, pop("jobs"))
            }
        }
        let areRight = popped == all[..<100].map { .bytes(bytes($0)) }
        #expect(areRight)
        guard case .array(let rest)? = try ask(harness, range("jobs", 90, -1)).first else { throw Unexpected() }
        let isRestRight = rest == all[190...].map { .bytes(bytes($0)) }
        #expect(isRestRight)
        #expect(harness.storage.metrics.diskReads > 0)
    }

    @Test("Places count from both ends")
    func places() throws {
        let harness = try open()
        _ = try harness.create("jobs")
        _ = try ask(harness, push("jobs", "0", "1", "2", "3", "4"))
        #expect(try ask(harness, range("jobs", 1, 2), range("jobs", -2, -1)) == [texts("1", "2"), texts("3", "4")])
        #expect(try ask(harness, range("jobs", 5, 9), range("jobs", -9, 0)) == [.array([]), texts("0")])
        let element = { (place: Int64) in KeyCommand.list(.element(bytes("jobs"), at: place)) }
        #expect(
            try ask(harness, element(0), element(-1), element(5))
                == [texts("0"), texts("4"), .array([.null])].map {
                    guard case .array(let elements) = $0 else { return $0 }
                    return elements[0]
                })
    }

    @Test("All answers of a transaction together have a limit, and beyond it nothing is done")
    func longAnswers() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        try harness.send(String(repeating: "x", count: 100_000), to: queue)
        let replies = try harness.ask(.keys(KeyRequest(Array(repeating: range("jobs"), count: 700) + [set("k")])))
        guard case .keys(let replies) = replies else { throw Unexpected() }
        #expect(replies.count == 701)
        #expect(Set(replies.map { "\($0)" }) == ["\(KeyReply.failure(.messagesTooLong(max: 64 * 1024 * 1024)))"])
        #expect(try ask(harness, length("jobs"), .key(.exists([bytes("k")]))) == [.integer(1), .integer(0)])
    }

    // MARK: All or nothing

    @Test("A transaction on queues and keys is carried out whole, or not at all, wherever the log ends")
    func transaction() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        try harness.send("old", to: queue)
        let request = KeyRequest([push("jobs", "a", "b"), set("k"), pop("jobs"), move("jobs", "list")])
        let token = try #require(harness.submit(.keys(request)).first)
        harness.turn()
        #expect(harness.result(token) == nil, "before the sync")
        let before = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try ask(before, length("jobs"), .key(.count)) == [.integer(1), .integer(1)])
        harness.run()
        let replies: [KeyReply] = [.integer(3), .ok, .bytes(bytes("old")), .bytes(bytes("a"))]
        #expect(harness.result(token) == .success(.keys(replies)))
        let after = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try ask(after, range("jobs"), range("list"), .key(.count)) == [texts("b"), texts("a"), .integer(3)])
    }

    @Test("A transaction of which the log has a part is void, and what is written later is not")
    func tornTransaction() throws {
        var voidCount = 0
        for calls in 0..<16 {
            let harness = try open()
            _ = try harness.create("jobs")
            // The second part of the transaction finds no room in this segment, so two batches are written.
            _ = try ask(harness, push("jobs", "old " + String(repeating: "x", count: 100_000)))
            let sequence = try open(harness.disk.afterPowerCut(), logBegun: true).storage.recovery.lastSequence
            let long = String(repeating: "y", count: 90_000)
            let token = try #require(harness.submit(.keys(KeyRequest([push("jobs", long, long), set("k")]))).first)
            harness.disk.cutPower(atCall: harness.disk.calls + calls)
            harness.run()
            var second = try open(harness.disk.afterPowerCut(), logBegun: true)
            let count: Int64 = try ask(second, length("jobs")) == [.integer(3)] ? 3 : 1
            #expect(count == 3 || harness.result(token) == nil, "answered, and lost")
            #expect(try ask(second, .key(.count)) == [.integer(count == 3 ? 2 : 1)])
            if count == 1, second.storage.recovery.lastSequence > sequence { voidCount += 1 }
            _ = try ask(second, push("jobs", "new"))
            for _ in 0..<2 {
                second = try open(second.disk.afterPowerCut(), logBegun: true)
                #expect(try ask(second, length("jobs"), range("jobs", -1, -1)) == [.integer(count + 1), texts("new")])
            }
        }
        #expect(voidCount > 0, "no part of a transaction was ever found")
    }

    @Test("A command that is refused does nothing, and the others of a transaction go on")
    func refusal() throws {
        let harness = try open()
        let queue = try harness.create("jobs", QueueSettingsChange(maximumMessageBytes: 5))
        let replies = try ask(harness, push("jobs", "ok", "too long"), push("jobs", "fine"), push("jobs", ""))
        #expect(replies[0] == .failure(.refused(.messageTooLarge(bytes: 8, max: 5))))
        #expect(replies[1] == .integer(1))
        #expect(replies[2] == .failure(.refused(.messageEmpty)))
        #expect(try ask(harness, push("jobs", "\u{1}")) == [.failure(.refused(.messageNotText))])
        #expect(try harness.info(queue).totals.sent == 1)
        _ = try harness.create("orders.fifo", QueueSettingsChange(isFIFO: true))
        #expect(try ask(harness, push("orders.fifo", "a")) == [.failure(.groupNeeded)])
    }

    // MARK: Names

    @Test("A queue is seen while it has ready messages, and DEL purges it")
    func names() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        let exists = KeyCommand.key(.exists([bytes("jobs"), bytes("k")]))
        let type = KeyCommand.key(.type(bytes("jobs")))
        _ = try ask(harness, set("k"))
        #expect(try ask(harness, exists, type, .key(.count)) == [.integer(1), .word(.queue), .integer(1)])
        _ = try ask(harness, push("jobs", "1", "2"))
        _ = try harness.receive(queue, maximum: 1)
        #expect(try ask(harness, exists, .key(.count)) == [.integer(2), .integer(2)])
        guard case .array(let names)? = try ask(harness, .key(.names(nil))).first else { throw Unexpected() }
        #expect(names.count == 2 && names.contains(.bytes(bytes("jobs"))))
        #expect(try ask(harness, .key(.delete([bytes("jobs"), bytes("jobs"), bytes("k")]))) == [.integer(2)])
        #expect(try harness.info(queue).counts == MessageCounts())
        #expect(try ask(harness, exists, type) == [.integer(0), .word(.queue)])
    }

    @Test("A scan meets each queue and each key once", arguments: [1, 3, 100])
    func scan(count: Int) throws {
        let harness = try open()
        for number in 0..<20 {
            _ = try harness.create("q\(number)")
            if number % 2 == 0 { _ = try ask(harness, push("q\(number)", "x")) }
            _ = try ask(harness, set("k\(number)"))
        }
        var (found, cursor, rounds) = ([Bytes](), UInt64(0), 0)
        repeat {
            let scan = KeyCommand.key(.scan(ScanOptions(cursor: cursor, countMin: count), type: nil))
            guard case .page(let next, let names)? = try ask(harness, scan).first else { throw Unexpected() }
            found += names
            cursor = next
            rounds += 1
        } while cursor != 0 && rounds < 100
        let wanted = (0..<20).map { bytes("k\($0)") } + stride(from: 0, to: 20, by: 2).map { bytes("q\($0)") }
        #expect(found.count == wanted.count && Set(found) == Set(wanted))
    }

    @Test("Neither a key nor a queue takes the name of the other")
    func sameName() throws {
        let harness = try open()
        _ = try harness.create("jobs")
        let others: [KeyCommand] = [
            set("jobs"), .key(.rename(bytes("k"), to: bytes("jobs"), onlyNew: false)),
            .list(.set(bytes("jobs"), at: 0, [7])), .key(.expireAfter(bytes("jobs"), .seconds(1), .always)),
            .set(.store(.union, [bytes("k")], in: bytes("jobs"))), .hash(.getAll(bytes("jobs"))),
            .databases(.copy(bytes("k"), to: bytes("jobs"), in: 0, replaces: true)),
        ]
        _ = try ask(harness, set("k"))
        for command in others { #expect(try ask(harness, command) == [.failure(.wrongType)]) }
        // It is that of database 0 only.
        let elsewhere = KeyRequest(database: 1, [set("jobs"), .databases(.move(bytes("jobs"), to: 0))])
        #expect(try harness.ask(.keys(elsewhere)) == .keys([.ok, .failure(.wrongType)]))
        _ = try ask(harness, push("list", "x"))
        let name = try QueueName("list")
        let token = try #require(harness.submit(.createQueue(name, QueueSettingsChange())).first)
        harness.run()
        #expect(harness.result(token) == .failure(.keyExists(name, type: .list)))
        _ = try ask(harness, .key(.delete([bytes("list")])))
        _ = try harness.create("list")
    }

    @Test("FLUSHDB purges, and queues stay where they are when databases are swapped")
    func flush() throws {
        let harness = try open()
        let queue = try harness.create("jobs", QueueSettingsChange(delay: .seconds(60)))
        try harness.send("delayed", to: queue)
        _ = try ask(harness, set("k"))
        #expect(try ask(harness, .databases(.swap(0, 1)), .key(.count)) == [.ok, .integer(0)])
        _ = try harness.ask(.keys(KeyRequest(database: 1, [set("jobs")])))
        #expect(try ask(harness, .databases(.swap(1, 0)), set("k")) == [.failure(.nameOfQueue), .ok])
        #expect(try ask(harness, .key(.flush), .key(.count)) == [.ok, .integer(0)])
        #expect(try harness.info(queue).counts == MessageCounts())
        #expect(try harness.info(queue).settings.delay == .seconds(60))
    }

    // MARK: Waiting

    @Test("Waiters of all protocols stand in one line")
    func oneLine() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        let receive = StorageRequest.receive(queue, ReceiveOptions(maximum: 1, wait: .seconds(20)))
        let tokens = try [waiting(nil, "other", "jobs"), receive, waiting(nil, "jobs")].map {
            try #require(harness.submit($0).first)
        }
        harness.run()
        #expect(try harness.info(queue).waiters == 3)
        for (number, token) in tokens.enumerated() {
            #expect(harness.result(token) == nil)
            if number == 1 { _ = try ask(harness, push("jobs", "x")) } else { try harness.send("x", to: queue) }
            #expect(harness.result(token) != nil, "\(number)")
        }
        #expect(harness.result(tokens[0]) == .success(.keys([texts("jobs", "x")])))
        #expect(try harness.info(queue).counts == MessageCounts(inFlight: 1))
    }

    @Test("What comes at once serves as many in the same turn")
    func servedTogether() throws {
        let harness = try open()
        _ = try harness.create("jobs")
        let tokens = try (0..<5).map { _ in try #require(harness.submit(waiting(nil, "jobs")).first) }
        harness.run()
        harness.submit(.keys(KeyRequest([push("jobs", "0", "1", "2", "3", "4")])))
        harness.turn()
        harness.storage.commit()
        for (number, token) in tokens.enumerated() {
            #expect(harness.result(token) == .success(.keys([texts("jobs", "\(number)")])))
        }
    }

    @Test("Who waits for a key waits for the queue that is made under its name, and on when it is deleted")
    func queueComesAndGoes() throws {
        let harness = try open()
        let token = try #require(harness.submit(waiting(nil, "jobs")).first)
        harness.run()
        let queue = try harness.create("jobs")
        #expect(try harness.info(queue).waiters == 1)
        _ = try harness.ask(.deleteQueue(queue))
        #expect(harness.result(token) == nil)
        _ = try ask(harness, push("jobs", "of a list"))
        #expect(harness.result(token) == .success(.keys([texts("jobs", "of a list")])))
    }

    @Test("A waiter gets a message whose delay or lease is over")
    func waitsForTime() throws {
        let harness = try open(cacheBytes: 0)
        let queue = try harness.create("jobs", QueueSettingsChange(delay: .seconds(2)))
        try harness.send(String(repeating: "x", count: 90_000), to: queue)
        let token = try #require(harness.submit(waiting(.seconds(9), "jobs")).first)
        harness.run()
        harness.clock.advance(.seconds(2))
        harness.run()
        let body = KeyReply.bytes(Bytes(repeating: UInt8(ascii: "x"), count: 90_000))
        #expect(harness.result(token) == .success(.keys([.array([.bytes(bytes("jobs")), body])])))
    }

    @Test("A read that fails for one who waits holds up nobody else")
    func aReadThatFails() throws {
        let disk = MemoryDisk()
        let before = try open(disk)
        let queue = try before.create("jobs")
        _ = try ask(before, push("jobs", "1"))
        _ = try before.ask(.pauseQueue(queue, reason: ""))
        let harness = try open(disk.afterPowerCut(), logBegun: true, cacheBytes: 0)
        let tokens = harness.submit(waiting(nil, "jobs"), waiting(nil, "jobs"))
        harness.run()
        harness.disk.fail(.read, nth: harness.disk.count(of: .read) + 1, errno: EMFILE)
        _ = try harness.ask(.resumeQueue(queue))
        harness.run()
        #expect(harness.result(tokens[0]) == .failure(.busy))
        #expect(harness.result(tokens[1]) == .success(.keys([texts("jobs", "1")])))
    }

    // MARK: Moving, dead letters, watches

    @Test("LMOVE goes from and to queues, and takes nothing when the target refuses")
    func moving() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        _ = try harness.create("other", QueueSettingsChange(maximumMessageBytes: 3))
        _ = try ask(harness, push("list", "1"), push("jobs", "2", "long one"))
        #expect(
            try ask(harness, move("list", "jobs"), move("jobs", "other"))
                == [texts("1"), texts("2")].map {
                    guard case .array(let elements) = $0 else { return $0 }
                    return elements[0]
                })
        let refused = KeyReply.failure(.refused(.messageTooLarge(bytes: 8, max: 3)))
        #expect(try ask(harness, move("jobs", "other"), length("jobs")) == [refused, .integer(2)])
        _ = try ask(harness, set("k"))
        #expect(try ask(harness, move("jobs", "k"), length("jobs")) == [.failure(.wrongType), .integer(2)])
        #expect(try ask(harness, range("jobs"), range("other")) == [texts("long one", "1"), texts("2")])
        #expect(try harness.info(queue).counts.ready == 2)
    }

    @Test("A pop leaves what was received too often to the queue of dead letters")
    func deadLetters() throws {
        let harness = try open()
        let dead = try harness.create("dead")
        let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
        let queue = try harness.create("jobs", QueueSettingsChange(deadLetters: policy))
        try harness.send("1", to: queue)
        _ = try harness.receive(queue, maximum: 1, visibility: .seconds(5))
        harness.clock.advance(.seconds(5))
        harness.run()
        try harness.send("2", to: queue)
        #expect(
            try ask(harness, pop("jobs"), pop("jobs"), pop("dead")) == [.bytes(bytes("2")), .null, .bytes(bytes("1"))])
    }

    @Test("Who waits goes on waiting when there were dead letters only, however many")
    func waitsBehindDeadLetters() throws {
        let harness = try open()
        let dead = try harness.create("dead")
        let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
        let queue = try harness.create("jobs", QueueSettingsChange(deadLetters: policy))
        for number in 0..<1200 { harness.submit(.send(queue, NewMessage(body: bytes("\(number)")))) }
        harness.run()
        _ = try harness.receive(queue, maximum: 1000, visibility: .seconds(5))
        _ = try harness.receive(queue, maximum: 1000, visibility: .seconds(5))
        let waiting = try #require(harness.submit(waiting(nil, "jobs")).first)
        harness.run()
        harness.clock.advance(.seconds(5))
        harness.run()
        let after = try #require(harness.submit(self.waiting(nil, "jobs")).first)
        harness.run()
        #expect(harness.result(waiting) == nil && harness.result(after) == nil)
        #expect(try harness.info(dead).counts.ready == 1200)
        try harness.send("new", to: queue)
        #expect(harness.result(waiting) == .success(.keys([texts("jobs", "new")])))
    }

    @Test("A watched queue is changed by whatever happens to its messages")
    func watching() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        func exec(after change: () throws -> Void) throws -> StorageReply {
            guard case .watching(let number) = try harness.ask(.watch(database: 0, [bytes("jobs")], under: nil))
            else { throw Unexpected() }
            try change()
            return try harness.ask(.keys(KeyRequest([set("k")], watch: number)))
        }
        #expect(try exec {} == .keys([.ok]))
        #expect(try exec { try harness.send("x", to: queue) } == .watchBroken)
        #expect(try exec { _ = try harness.receive(queue, maximum: 1, visibility: .seconds(5)) } == .watchBroken)
        let returned = try exec {
            harness.clock.advance(.seconds(5))
            harness.run()
        }
        #expect(returned == .watchBroken)
        #expect(try exec { _ = try harness.ask(.purgeQueue(queue)) } == .watchBroken)
        #expect(try exec { _ = try harness.ask(.deleteQueue(queue)) } == .watchBroken)
        #expect(try exec {} == .keys([.ok]))
    }
}

@Suite("Queues bound to channels")
struct BindingTests {
    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }

    private func bind(_ queue: QueueName, _ patterns: String..., isBound: Bool = true) -> StorageRequest {
        .changeSettings(queue, ChannelBinding.change(of: patterns, isBound: isBound))
    }

    private func publish(_ harness: Harness, _ message: String, to channel: String) throws -> StorageReply {
        try harness.ask(.keys(KeyRequest(database: 5, [.publish(channel: bytes(channel), bytes(message))])))
    }

    @Test("What is published is stored in each bound queue once, over a restart, until it is unbound")
    func stored() throws {
        let harness = try Harness()
        #expect(!harness.storage.hasBindings)
        let (audit, orders) = (try harness.create("audit"), try harness.create("orders"))
        _ = try harness.ask(bind(audit, "*", "orders.*"))
        _ = try harness.ask(bind(orders, "orders.*"))
        #expect(harness.storage.hasBindings)
        #expect(try publish(harness, "1", to: "orders.new") == .keys([.integer(2)]))
        #expect(try publish(harness, "2", to: "news") == .keys([.integer(1)]))
        let second = try Harness(on: harness.disk.afterPowerCut(), logBegun: true)
        #expect(second.storage.hasBindings)
        #expect(try second.receive(audit).map(\.text) == ["1", "2"])
        #expect(try second.receive(orders).map(\.text) == ["1"])
        _ = try second.ask(bind(orders, "orders.*", isBound: false))
        #expect(try publish(second, "3", to: "orders.new") == .keys([.integer(1)]))
        _ = try second.ask(.deleteQueue(audit))
        #expect(try publish(second, "4", to: "orders.new") == .keys([.integer(0)]))
        #expect(!second.storage.hasBindings)
    }

    @Test("It is refused whole when one of the queues refuses it")
    func refused() throws {
        let harness = try Harness()
        let (large, small) = (
            try harness.create("large"), try harness.create("small", QueueSettingsChange(maximumMessageBytes: 3))
        )
        _ = try harness.ask(bind(large, "c"))
        _ = try harness.ask(bind(small, "c"))
        let refusal = KeyReply.failure(.refused(.messageTooLarge(bytes: 4, max: 3)))
        #expect(try publish(harness, "long", to: "c") == .keys([refusal]))
        #expect(try harness.info(large).totals.sent == 0)
    }

    @Test("FIFO queues are not bound, and bindings have a limit")
    func limits() throws {
        let harness = try Harness()
        let fifo = try harness.create("q.fifo", QueueSettingsChange(isFIFO: true))
        let token = try #require(harness.submit(bind(fifo, "c")).first)
        let queue = try harness.create("q")
        let many = ChannelBinding.change(of: (0...1000).map { "c\($0)" }, isBound: true)
        let tooMany = try #require(harness.submit(.changeSettings(queue, many)).first)
        harness.run()
        #expect(harness.result(token) == .failure(.bindingOfFIFO))
        #expect(harness.result(tooMany) == .failure(.tooManyBindings(max: 1000)))
    }
}
