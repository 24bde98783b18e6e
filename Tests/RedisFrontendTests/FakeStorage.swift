import RoostModel
import RoostStorage
import Synchronization

/// A storage that records what it is asked, and answers when it is told to.
final class FakeStorage: Storage {
    struct Asked {
        var token: UInt64
        var request: StorageRequest
        var receiver: any CompletionReceiver
    }

    private struct State {
        var pending: [Asked] = []
        var seen: [StorageRequest] = []
        var cancelled: [UInt64] = []
        var submits = 0
        var watches: UInt64 = 0
        var atOnce = AtOnce.nothing
        var goesOn: [Bool] = []
        var hasBindings = false
    }

    /// What a test over sockets waits for.
    enum Event {
        case waiting
        case cancelled
    }

    private let state = Mutex(State())
    private let events: AsyncStream<Event>
    private let happened: AsyncStream<Event>.Continuation
    /// For tests over sockets: answers by itself, from there.
    private let schedule: (@Sendable (@escaping @Sendable () -> Void) -> Void)?

    init(schedule: (@Sendable (@escaping @Sendable () -> Void) -> Void)? = nil) {
        self.schedule = schedule
        (events, happened) = AsyncStream.makeStream()
    }

    /// Returns once `event` happened since the last call. For one test task at a time.
    func wait(for event: Event) async {
        for await seen in events where seen == event { return }
    }

    /// What is carried out without a turn.
    enum AtOnce {
        case nothing
        /// Every command, with this reply, and it is on disk.
        case onDisk(KeyReply)
        /// Every command, with the reply that it gets in a turn; nothing is on disk before a barrier is answered.
        case changing
    }

    var atOnce: AtOnce {
        get { state.withLock { $0.atOnce } }
        set { state.withLock { $0.atOnce = newValue } }
    }

    func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce? {
        state.withLock { $0.goesOn.append(goesOn) }
        return switch atOnce {
        case .nothing: nil
        case .onDisk(let reply): ReplyAtOnce(reply, isOnDisk: true)
        case .changing: ReplyAtOnce(Self.reply(to: command), isOnDisk: false)
        }
    }

    /// Of each command that was to be carried out at once, whether it came right behind another.
    func takeGoesOn() -> [Bool] {
        state.withLock { state in
            defer { state.goesOn = [] }
            return state.goesOn
        }
    }

    var hasBindings: Bool {
        get { state.withLock { $0.hasBindings } }
        set { state.withLock { $0.hasBindings = newValue } }
    }

    var barriersSeen: Int { seen.count { if case .barrier = $0 { true } else { false } } }

    var readiness: Readiness { .ready }
    var metrics: StorageMetrics { StorageMetrics() }

    var seen: [StorageRequest] { state.withLock { $0.seen } }
    var submits: Int { state.withLock { $0.submits } }
    var pendingCount: Int { state.withLock { $0.pending.count } }
    var cancelledCount: Int { state.withLock { $0.cancelled.count } }
    var keyRequests: [KeyRequest] {
        seen.compactMap { request in
            switch request {
            case .key(let command, let database): KeyRequest(database: database, [command])
            case .keys(let keys): keys
            default: nil
            }
        }
    }
    /// The commands on keys that were asked for, in order.
    var commands: [KeyCommand] {
        keyRequests.flatMap(\.commands)
    }

    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        state.withLock { state in
            state.submits += 1
            for submission in submissions {
                state.seen.append(submission.request)
                state.pending.append(
                    Asked(token: submission.token, request: submission.request, receiver: receiver))
            }
        }
        schedule? { self.answer() }
    }

    /// A wait that is cancelled is answered with nothing by the next `answer`.
    func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        state.withLock { $0.cancelled.append(token) }
        happened.yield(.cancelled)
        schedule? { self.answer() }
    }

    /// Answers everything but waits.
    func answer() {
        let answers = state.withLock { state in
            var answers: [(Asked, StorageResult)] = []
            let pending = state.pending
            state.pending = []
            for asked in pending {
                if let result = Self.result(asked, &state) {
                    answers.append((asked, result))
                } else {
                    state.pending.append(asked)
                }
            }
            return answers
        }
        deliver(answers)
        if pendingCount > 0 { happened.yield(.waiting) }
    }

    /// Answers what is at `index` of what waits for an answer.
    func answer(at index: Int, _ result: StorageResult) {
        let asked = state.withLock { $0.pending.remove(at: index) }
        deliver([(asked, result)])
    }

    /// All of it in this order, as one list.
    func answer(inOrder order: [Int]) {
        let answers = state.withLock { state in
            let pending = state.pending
            state.pending = []
            return order.compactMap { index in Self.result(pending[index], &state).map { (pending[index], $0) } }
        }
        deliver(answers)
    }

    private func deliver(_ answers: [(Asked, StorageResult)]) {
        var order: [any CompletionReceiver] = []
        for (asked, _) in answers where !order.contains(where: { $0 === asked.receiver }) {
            order.append(asked.receiver)
        }
        for receiver in order {
            receiver.receive(
                answers.filter { $0.0.receiver === receiver }.map { Completion(token: $0.0.token, result: $0.1) })
        }
    }

    private static func result(_ asked: Asked, _ state: inout State) -> StorageResult? {
        switch asked.request {
        case .key(let command, _): return .success(.key(reply(to: command)))
        case .keys(let request):
            if request.wait != nil, !state.cancelled.contains(asked.token) { return nil }
            return .success(.keys(request.commands.map { reply(to: $0) }))
        case .watch(_, _, let number):
            state.watches += number == nil ? 1 : 0
            return .success(.watching(number ?? state.watches))
        case .watchToRemove:
            state.watches += 1
            return .success(.watching(state.watches))
        default: return .success(.done)
        }
    }

    /// GET answers the name of the key, so that replies can be told apart.
    private static func reply(to command: KeyCommand) -> KeyReply {
        switch command {
        case .string(.get(let key)): .bytes(key)
        case .list(.push(_, _, let elements, _)): .integer(Int64(elements.count))
        case .list(.popFirstElement), .list(.popFirst): .nullArray
        case .list(.pop), .list(.move): .null
        case .key(.dump(let key)): .content(.string(key))
        // No queue is bound to anything.
        case .publish: .integer(0)
        default: .ok
        }
    }

    typealias StorageResult = Result<StorageReply, Rejection>
}
