import HTTPFrontend
import HummingbirdTesting
import RoostModel
import RoostStorage
import Synchronization
import Testing

@Suite("What surveys have seen of queues")
struct QueueHistoryTests {
    private let start = BrokerTime(milliseconds: 1_700_000_000_000)

    private func queue(_ name: String, movedIn: UInt64) throws -> QueueInfo {
        var totals = MessageTotals()
        totals.movedIn = movedIn
        return QueueInfo(
            name: try QueueName(name), settings: QueueSettings(), createdAt: start, modifiedAt: start,
            counts: MessageCounts(), totals: totals, oldestMessageAge: nil, pause: nil, waiters: 0, oftenReceived: 0)
    }

    @Test("Messages that were moved in are known for an hour, and what was there before is no news")
    func arrivals() throws {
        var history = QueueHistory()
        let (dead, new) = (try QueueName("dead"), try QueueName("new"))
        history.note([try queue("dead", movedIn: 100)], at: start)
        #expect(history.movedIn(to: dead) == 0)
        for (minutes, total) in [(1, 101), (2, 103), (30, 110)] as [(Int64, UInt64)] {
            history.note([try queue("dead", movedIn: total)], at: start + .seconds(60 * minutes))
            #expect(history.movedIn(to: dead) == total - 100)
        }
        let later = start + .seconds(62 * 60)
        history.note([try queue("dead", movedIn: 110), try queue("new", movedIn: 2)], at: later)
        #expect(history.movedIn(to: dead) == 7 && history.movedIn(to: new) == 2)
        history.note([try queue("dead", movedIn: 110)], at: start + .seconds(90 * 60))
        #expect(history.movedIn(to: dead) == 0 && history.movedIn(to: new) == 0)
        // A queue of the same name that began anew.
        history.note([try queue("dead", movedIn: 1)], at: start + .seconds(91 * 60))
        #expect(history.movedIn(to: dead) == 0)
    }

    @Test("What is moved is seen though nobody has the overview open, and what was moved before is no news")
    func follow() async throws {
        let time = Mutex(BrokerTime(milliseconds: 1_700_000_000_000))
        let storage = FakeStorage()
        let (name, dead) = (try QueueName("jobs"), try QueueName("dead"))
        storage.edit { state in
            var settings = QueueSettings()
            settings.deadLetters = DeadLetterPolicy(target: dead, receivesMax: 1)
            state.queues[name] = FakeStorage.Queue(settings: settings)
            state.queues[dead] = FakeStorage.Queue(settings: QueueSettings())
            state.queues[dead]?.totals.movedIn = 3
            state.metrics.queues = 2
            state.metrics.totals.movedIn = 3
        }
        let rates = RateHistory(StorageCalls(storage)) { time.withLock { $0 } }
        var surveyed: UInt64?
        await rates.followMoves(since: &surveyed)
        #expect(try await rates.survey.picture().history.movedIn(to: dead) == 0)
        let looks = storage.read { $0.seen.count }
        await rates.followMoves(since: &surveyed)
        #expect(storage.read { $0.seen.count } == looks, "nothing was moved: nothing is asked")
        storage.edit { state in
            state.queues[dead]?.totals.movedIn = 5
            state.metrics.totals.movedIn = 5
        }
        // A survey is good for a second.
        try await Task.sleep(until: rates.survey.nextDue, clock: .continuous)
        await rates.followMoves(since: &surveyed)
        #expect(try await rates.survey.picture().history.movedIn(to: dead) == 2)
    }
}
