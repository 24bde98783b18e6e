import RoostModel
package import RoostStorage
import Synchronization

/// Sends what happens to the pages that are open. Asks the storage only for what somebody watches, and does nothing
/// while nobody does.
package final class EventHub: CompletionReceiver {
    /// A page holds a connection and a buffer.
    static let streamsMax = 100
    private static let heartbeat = Duration.seconds(15)
    private static let statsPause = Duration.seconds(1)

    private struct Member {
        var wish: EventWish
        var line: AsyncStream<Event>.Continuation
        var leftOut = 0
    }

    private struct State {
        var nextID: UInt64 = 1
        var streams: [UInt64: Member] = [:]
        /// What was watched by streams that ended just now. It is followed for a while.
        var left: [UInt64: EventWish] = [:]
        var past: EventPast
        var tailed: [QueueName] = []
        var ticking: Task<Void, Never>?
        var counting: Task<Void, Never>?

        var wishes: [EventWish] { streams.values.map(\.wish) + Array(left.values) }
    }

    private let state: Mutex<State>
    private let storage: any Storage
    private let channels: (any ChannelDirectory)?
    private let stats: @Sendable () async -> StatsEvents
    private let returnTime: Duration

    /// - Parameter stats: what makes the events of numbers, called when somebody begins to watch them.
    init(
        _ storage: any Storage, channels: (any ChannelDirectory)?, startedAt: BrokerTime, returnTime: Duration,
        stats: @escaping @Sendable () async -> StatsEvents
    ) {
        self.storage = storage
        self.channels = channels
        self.stats = stats
        self.returnTime = returnTime
        state = Mutex(State(past: EventPast(startedAt: startedAt)))
    }

    /// Nil: there are too many.
    func open(_ wish: EventWish, lastID: String?) -> (id: UInt64, events: AsyncStream<Event>)? {
        let (events, line) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(256))
        let id = state.withLock { state -> UInt64? in
            guard state.streams.count < Self.streamsMax else { return nil }
            defer { state.nextID &+= 1 }
            for event in state.past.events(after: lastID, for: wish) { line.yield(event) }
            state.streams[state.nextID] = Member(wish: wish, line: line)
            return state.nextID
        }
        guard let id else { return nil }
        settle()
        return (id, events)
    }

    func close(_ id: UInt64) {
        let member = state.withLock { state in
            let member = state.streams.removeValue(forKey: id)
            if let member { state.left[id] = member.wish }
            return member
        }
        guard let member else { return }
        member.line.finish()
        let isTooMuch = state.withLock { $0.left.count > Self.streamsMax }
        if isTooMuch { return forget(id) }
        settle()
        Task { [weak self, returnTime] in
            try? await Task.sleep(for: returnTime)
            self?.forget(id)
        }
    }

    /// Nobody came back: what happens from now on to what the stream watched alone is missed.
    private func forget(_ id: UInt64) {
        state.withLock { state in
            guard let wish = state.left.removeValue(forKey: id) else { return }
            if !wish.isWatched(by: state.wishes) { state.past.interrupt() }
        }
        settle()
    }

    /// Follows what is watched now, and nothing else.
    private func settle() {
        state.withLock { state in
            let open = state.streams.values.map(\.wish)
            let wishes = state.wishes
            let queues = wishes.reduce(into: Set<QueueName>()) { $0.formUnion($1.queues) }.sorted()
            if queues != state.tailed {
                state.tailed = queues
                // Under the lock, so that the last word to the storage is the last state.
                storage.submit([Submission(token: 1, request: .tailQueues(queues))], for: self)
            }
            channels?.follow(wishes.flatMap(\.channels.values)) { [weak self] in self?.published($0, $1) }
            state.ticking = running(!open.isEmpty, state.ticking) { await self.tick() }
            state.counting = running(open.contains(where: \.hasStats), state.counting) { await self.count() }
        }
    }

    private func running(
        _ isWanted: Bool, _ task: Task<Void, Never>?, _ work: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never>? {
        if isWanted { return task ?? Task { await work() } }
        task?.cancel()
        return nil
    }

    // MARK: What there is to tell

    package func receive(_ completions: [Completion]) {
        for result in completions.lazy.map(\.result) {
            switch result {
            case .success(.tailed(let message)): send(Event(.message, .queue(message.queue), data: JSON(message)))
            case .success(.tailRest(let queue, let leftOut)):
                send(Event(.message, .queue(queue), data: JSON(leftOut: leftOut, of: queue)))
            default: break
            }
        }
    }

    private func published(_ channel: Bytes, _ message: Bytes) {
        send(Event(.published, .channel(channel), data: JSON(published: message, on: channel)))
    }

    private func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.heartbeat)
            guard !Task.isCancelled else { return }
            state.withLock { state in
                for member in state.streams.values { member.line.yield(.heartbeat) }
            }
        }
    }

    private func count() async {
        var stats = await stats()
        while !Task.isCancelled {
            if let event = await stats.next() { send(event) }
            try? await Task.sleep(until: max(.now + Self.statsPause, await stats.nextDue), clock: .continuous)
        }
    }

    private func send(_ event: Event) {
        state.withLock { state in
            let event = state.past.note(event)
            for (id, member) in state.streams where member.wish.wants(event.topic) {
                let lost = member.leftOut
                if case .dropped = member.line.yield(event.saying(lost)) {
                    // The oldest one in the line went.
                    state.streams[id]?.leftOut = lost + 1
                } else if lost > 0 {
                    state.streams[id]?.leftOut = 0
                }
            }
        }
    }
}
