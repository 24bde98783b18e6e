import RoostModel
import Synchronization

/// What a client subscribes to.
enum ChannelKind: Int, Sendable {
    case channel
    case pattern
    case shard
}

/// A message on its way to the subscribers of one event loop.
struct Delivery: Sendable {
    var kind: ChannelKind
    var channel: Bytes
    var message: Bytes
    var hasSubscribers: Bool
    /// That match the channel and have subscribers there.
    var patterns: [Bytes] = []

    var byteCount: Int { channel.count &+ message.count &+ 64 }
}

/// Who subscribes to what, by event loop, and what the loops have to deliver.
///
/// A message is put into the mailboxes of the loops that have subscribers, all at once under one lock: everybody sees
/// the messages of a channel in the same order. A loop that has something is woken once.
package final class PubSubHub: Sendable {
    private struct Pattern {
        var glob: GlobPattern
        var counts: LoopCounts
    }

    private struct Mailbox {
        var deliveries: [Delivery] = []
        var bytes = 0
    }

    private struct State {
        var channels: [Bytes: LoopCounts] = [:]
        var shards: [Bytes: LoopCounts] = [:]
        var patterns: [Bytes: Pattern] = [:]
        var mailboxes: [Mailbox] = []
        /// Loops with publishers that wait.
        var waitingLoops: Set<Int> = []
    }

    private let state = Mutex(State())
    private let mailboxBytesMax: Int
    private let fullMailboxes = Atomic<Int>(0)
    /// As the lock protects them.
    private let patternCount = Atomic<Int>(0)
    private let nameCount = Atomic<Int>(0)

    /// Somebody is told beside the subscribers.
    private let isObserved = Atomic<Bool>(false)
    private let observer = Mutex<ChannelObserver?>(nil)

    init(mailboxBytesMax: Int) { self.mailboxBytesMax = mailboxBytesMax }

    func observe(_ new: ChannelObserver?) {
        observer.withLock { $0 = new }
        isObserved.store(new != nil, ordering: .releasing)
    }

    private func tellObserver(_ channel: Bytes, _ message: Bytes) {
        guard let observer = observer.withLock({ $0 }), observer.patterns.contains(where: { $0.matches(channel) })
        else {
            return
        }
        observer.tell(channel, message)
    }

    func addLoop() { state.withLock { $0.mailboxes.append(Mailbox()) } }

    // MARK: Subscriptions

    func add(_ kind: ChannelKind, _ name: Bytes, loop: Int) {
        state.withLock { state in
            switch kind {
            case .channel: state.channels[name, default: LoopCounts()].add(1, loop)
            case .shard: state.shards[name, default: LoopCounts()].add(1, loop)
            case .pattern:
                state.patterns[name, default: Pattern(glob: GlobPattern(name), counts: LoopCounts())].counts
                    .add(1, loop)
            }
            noteCounts(state)
        }
    }

    func remove(_ kind: ChannelKind, _ name: Bytes, loop: Int) {
        state.withLock { state in
            switch kind {
            case .channel: Self.remove(&state.channels, name, loop)
            case .shard: Self.remove(&state.shards, name, loop)
            case .pattern:
                state.patterns[name]?.counts.add(-1, loop)
                if state.patterns[name]?.counts.isEmpty ?? false { state.patterns[name] = nil }
            }
            noteCounts(state)
        }
    }

    private func noteCounts(_ state: borrowing State) {
        patternCount.store(state.patterns.count, ordering: .releasing)
        nameCount.store(state.channels.count + state.shards.count + state.patterns.count, ordering: .releasing)
    }

    private static func remove(_ table: inout [Bytes: LoopCounts], _ name: Bytes, _ loop: Int) {
        table[name]?.add(-1, loop)
        if table[name]?.isEmpty ?? false { table[name] = nil }
    }

    // MARK: Messages

    /// False: nobody subscribes to anything, and nobody is told beside.
    var hasAudience: Bool { nameCount.load(ordering: .acquiring) > 0 || isObserved.load(ordering: .acquiring) }

    /// Puts a message into the mailboxes.
    ///
    /// - Returns: how many clients get it, by how many subscriptions; and the loops to wake.
    func publish(_ kind: ChannelKind, _ channel: Bytes, _ message: Bytes) -> (receivers: Int, wake: [Int]) {
        if isObserved.load(ordering: .acquiring), kind == .channel { tellObserver(channel, message) }
        if kind == .shard || patternCount.load(ordering: .acquiring) == 0 {
            return state.withLock { put(kind, channel, message, matching: [], &$0) }
        }
        // Long patterns take their time. A copy is matched, so that nobody else has to wait for it; who began or ended
        // a subscription meanwhile may count as before.
        let patterns = state.withLock { $0.patterns }
        let matching = patterns.filter { $0.value.glob.matches(channel) }.map(\.key)
        return state.withLock { put(kind, channel, message, matching: matching, &$0) }
    }

    private func put(
        _ kind: ChannelKind, _ channel: Bytes, _ message: Bytes, matching names: [Bytes], _ state: inout State
    ) -> (receivers: Int, wake: [Int]) {
        let direct = (kind == .shard ? state.shards : state.channels)[channel]
        let matching = names.compactMap { name in state.patterns[name].map { (name: name, counts: $0.counts) } }
        guard direct != nil || !matching.isEmpty else { return (0, []) }
        var (receivers, wake) = (direct?.total ?? 0, [Int]())
        for pattern in matching { receivers += pattern.counts.total }
        for loop in state.mailboxes.indices {
            var delivery = Delivery(
                kind: kind, channel: channel, message: message, hasSubscribers: direct?.has(loop) ?? false)
            for pattern in matching where pattern.counts.has(loop) { delivery.patterns.append(pattern.name) }
            guard delivery.hasSubscribers || !delivery.patterns.isEmpty else { continue }
            if state.mailboxes[loop].deliveries.isEmpty { wake.append(loop) }
            put(delivery, &state.mailboxes[loop])
        }
        return (receivers, wake)
    }

    private func put(_ delivery: Delivery, _ mailbox: inout Mailbox) {
        let wasFull = mailbox.bytes > mailboxBytesMax
        mailbox.deliveries.append(delivery)
        mailbox.bytes &+= delivery.byteCount
        if !wasFull, mailbox.bytes > mailboxBytesMax { fullMailboxes.add(1, ordering: .relaxed) }
    }

    /// What a loop has to deliver, and the loops whose publishers may go on.
    func takeDeliveries(_ loop: Int) -> (deliveries: [Delivery], waiting: Set<Int>) {
        state.withLock { state in
            let mailbox = state.mailboxes[loop]
            state.mailboxes[loop] = Mailbox()
            if mailbox.bytes > mailboxBytesMax { fullMailboxes.subtract(1, ordering: .relaxed) }
            guard fullMailboxes.load(ordering: .relaxed) == 0 else { return (mailbox.deliveries, []) }
            defer { state.waitingLoops = [] }
            return (mailbox.deliveries, state.waitingLoops)
        }
    }

    /// True when a mailbox is full: the loop gets a word when none is.
    func holdsBack(_ loop: Int) -> Bool {
        guard fullMailboxes.load(ordering: .relaxed) > 0 else { return false }
        return state.withLock { state in
            guard fullMailboxes.load(ordering: .relaxed) > 0 else { return false }
            state.waitingLoops.insert(loop)
            return true
        }
    }

    // MARK: Questions

    /// Names that somebody subscribes to.
    func names(_ kind: ChannelKind, matching pattern: GlobPattern?) -> [Bytes] {
        state.withLock { state in
            (kind == .shard ? state.shards : state.channels).keys.filter { pattern?.matches($0) ?? true }
        }
    }

    func counts(_ kind: ChannelKind, of names: [Bytes]) -> [Int] {
        state.withLock { state in
            names.map { (kind == .shard ? state.shards : state.channels)[$0]?.total ?? 0 }
        }
    }

    /// How many names there are.
    func count(_ kind: ChannelKind) -> Int {
        state.withLock { state in
            switch kind {
            case .channel: state.channels.count
            case .shard: state.shards.count
            case .pattern: state.patterns.count
            }
        }
    }
}

/// How many clients of each loop subscribe to one name. There are few loops.
private struct LoopCounts {
    private var counts: [(loop: Int, count: Int)] = []

    var isEmpty: Bool { counts.isEmpty }
    var total: Int { counts.reduce(0) { $0 + $1.count } }

    func has(_ loop: Int) -> Bool { counts.contains { $0.loop == loop } }

    mutating func add(_ change: Int, _ loop: Int) {
        guard let index = counts.firstIndex(where: { $0.loop == loop }) else {
            if change > 0 { counts.append((loop, change)) }
            return
        }
        counts[index].count += change
        if counts[index].count <= 0 { counts.remove(at: index) }
    }
}
