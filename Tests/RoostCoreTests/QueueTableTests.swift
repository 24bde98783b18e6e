import RoostCore
import RoostModel
import Testing

@Suite("The tables of queues")
struct QueueTableTests {
    private func queue(_ name: String) throws -> Queue {
        Queue(name: try QueueName(name), settings: QueueSettings(), createdAt: BrokerTime(milliseconds: 0))
    }

    private func create(_ name: String, in table: inout QueueTable) throws -> UInt32 {
        let id = try #require(table.freeID())
        let isCreated = table.create(id, try queue(name))
        #expect(isCreated)
        return id
    }

    @Test("Names lead to ids, and only to those that were given")
    func names() throws {
        var names = NameTable()
        for number in UInt32(0)..<5000 { names[try QueueName("queue-\(number)")] = number }
        for number in UInt32(0)..<5000 { #expect(names[try QueueName("queue-\(number)")] == number) }
        #expect(try names[QueueName("queue-5000")] == nil)
        names[try QueueName("queue-7")] = nil
        #expect(try names[QueueName("queue-7")] == nil && names[QueueName("queue-77")] == 77)
    }

    @Test("An id that is taken is refused, and so is a name")
    func refusals() throws {
        var table = QueueTable()
        let id = try create("a", in: &table)
        for (wrong, name) in [(id, "b"), (UInt32(Limits.queuesMax), "b"), (MessageSlot.none, "b"), (id + 1, "a")] {
            let isCreated = table.create(wrong, try queue(name))
            #expect(!isCreated)
        }
        #expect(table.liveCount == 1 && table.isLive(id) && !table.isLive(id + 1))
    }

    @Test("An id is not given out again before its messages are reaped")
    func reuse() throws {
        var table = QueueTable()
        let (first, second) = (try create("a", in: &table), try create("b", in: &table))
        for id in [first, second] {
            table.remove(id)
            table.startReaping(id)
            table.startReaping(id)
        }
        #expect(table.nextToReap == first && !table.isLive(first) && table.liveCount == 0)
        #expect(try table.id(named: QueueName("a")) == nil)
        let third = try create("a", in: &table)
        #expect(third != first && third != second)
        table.finishReaping()
        #expect(table.nextToReap == second && table.freeID() == first)
        table.finishReaping()
        #expect(table.nextToReap == nil)
        let reused = try [create("c", in: &table), create("d", in: &table)]
        #expect(Set(reused) == [first, second])
        #expect(try table.id(named: QueueName("c")) == reused[0] && table[reused[0]].name.text == "c")
    }

    @Test("Logs of older versions took any free id")
    func anyFreeID() throws {
        var table = QueueTable()
        for (id, name) in [(UInt32(300), "a"), (70, "b"), (0, "c"), (71, "d")] {
            let isCreated = table.create(id, try queue(name))
            #expect(isCreated && table.isLive(id))
        }
        #expect(table.freeID() == 1 && !table.isLive(299) && !table.isLive(301) && table.liveCount == 4)
        #expect(try table.id(named: QueueName("a")) == 300)
    }

    @Test("Queues that go leave no memory behind, and ids begin at the start again")
    func memory() throws {
        var table = QueueTable()
        let ids = try (0..<10_000).map { try create("queue-\($0)", in: &table) }
        let full = table.residentBytes
        func remove(_ ids: some Sequence<UInt32>) {
            for id in ids {
                table.remove(id)
                table.startReaping(id)
                table.finishReaping()
            }
        }
        remove(ids.filter { $0 % 200 != 0 })
        #expect(table.liveCount == 50 && table.residentBytes < full / 2)
        #expect(ids.allSatisfy { table.isLive($0) == ($0 % 200 == 0) })
        #expect(table.freeID() == 1)
        remove(ids.filter { $0 % 200 == 0 })
        #expect(table.residentBytes == 0 && table.freeID() == 0)
        #expect(try create("again", in: &table) == 0)
    }

    @Test("A queue that lives on is reaped without losing its id")
    func reapingOfALivingQueue() throws {
        var table = QueueTable()
        let id = try create("a", in: &table)
        table.startReaping(id)
        table.finishReaping()
        #expect(table.isLive(id) && table.freeID() != id && table.nextToReap == nil)
    }

    @Test("A list is in the order of names, from where it is told")
    func listing() throws {
        var table = QueueTable()
        let names = ["m", "b", "z", "B", "a", "b-1", "b_1", "0"]
        for name in names { _ = try create(name, in: &table) }
        var listed: [String] = []
        table.list(from: { $0.text >= "b" }) {
            listed.append(table[$0].name.text)
            return listed.count < 4
        }
        #expect(listed == ["b", "b-1", "b_1", "m"])
        table.remove(try #require(try table.id(named: QueueName("b"))))
        listed = []
        table.list(from: { _ in true }) {
            listed.append(table[$0].name.text)
            return true
        }
        #expect(listed == ["0", "B", "a", "b-1", "b_1", "m", "z"])
    }

    @Test("A prefix is found among many names, page by page")
    func listingOfMany() throws {
        var broker = Broker(configuration: BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
        for number in 0..<3000 { try broker.createQueue("job-\(number)") }
        for prefix in ["job-2999", "job-", "job-19", "j", "", "a", "z"] {
            let all = (0..<3000).map { "job-\($0)" }.sorted().filter { $0.hasPrefix(prefix) }
            var (listed, last): ([String], QueueName?) = ([], nil)
            while true {
                let page = broker.listQueues(prefix: prefix, after: last, limit: 700)
                listed += page.ids.compactMap { broker.queueName($0)?.text }
                guard page.more else { break }
                last = try QueueName(#require(listed.last))
            }
            #expect(listed == all)
        }
    }
}
