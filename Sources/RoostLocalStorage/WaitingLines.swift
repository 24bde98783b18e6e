import RoostCore
import RoostModel
import RoostStorage

/// End of a line, and of the free slots.
private let none = UInt32.max

/// Those who wait for something to take, whatever protocol they came by: one line for each queue and for each key,
/// oldest first. A command on keys stands in as many lines as it names keys. The line of a key that is a queue is that
/// of the queue.
///
/// Joining, leaving and timing out cost the places of one waiter; to find who waits for a queue or a key costs nothing
/// else.
struct WaitingLines {
    enum Wish {
        case receive(queue: UInt32, QueueName, ReceiveOptions)
        /// - Parameter nothing: what it is answered when there was nothing until its time was over.
        case keys(KeyRequest, nothing: KeyReply)
    }

    struct Waiter {
        var receiver: Int
        var token: UInt64
        var wish: Wish
        var since: BrokerTime
        /// Nil: it waits for ever.
        var deadline: BrokerTime?
        /// All but the last have another place of this waiter behind them.
        fileprivate var firstPlace = none
        fileprivate var timerPrevious = none
        fileprivate var timerNext = none

        init(receiver: Int, token: UInt64, wish: Wish, since: BrokerTime, deadline: BrokerTime?) {
            self.receiver = receiver
            self.token = token
            self.wish = wish
            self.since = since
            self.deadline = deadline
        }
    }

    /// A waiter in one line.
    private struct Place {
        var waiter: UInt32
        var line: UInt32
        var previous = none
        var next = none
        /// Of the same waiter, in another line.
        var nextOfWaiter = none
    }

    private struct Line {
        var head = none
        var tail = none
        var count = 0
        /// What it is the line of: one of them, or both.
        var queue: UInt32?
        var key: KeyName?
    }

    private struct Caller: Hashable {
        var receiver: Int
        var token: UInt64
    }

    private var waiters = WaiterSlots()
    private var places = Slots<Place>()
    private var lines = Slots<Line>()
    private var linesOfQueues: [UInt32: UInt32] = [:]
    private var linesOfKeys: [KeyName: UInt32] = [:]
    private var callers: [Caller: UInt32] = [:]
    private var timers = TimerWheel()

    var count: Int { callers.count }
    /// Of those on keys.
    private(set) var keyWaiterCount = 0
    /// When the first of them has waited long enough. May be early, never late.
    var nextDue: BrokerTime? { timers.nextDue }

    func count(of queue: UInt32) -> Int { linesOfQueues[queue].map { lines[$0].count } ?? 0 }
}

// MARK: - Joining

extension WaitingLines {
    /// A receive, or a command that waits for keys of which these are queues.
    mutating func join(_ waiter: Waiter, queues: [KeyName: UInt32] = [:]) {
        let slot = waiters.slots.add(waiter)
        switch waiter.wish {
        case .receive(let queue, _, _): append(slot, to: line(of: queue))
        case .keys(let request, _):
            keyWaiterCount += 1
            var names = Set<KeyName>()
            for key in request.wait?.keys ?? [] {
                let name = KeyName(database: request.database, key: key)
                if names.insert(name).inserted { append(slot, to: line(of: name, queues[name])) }
            }
        }
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = slot
        if waiter.deadline != nil { timers.insert(slot, in: &waiters) }
    }

    private mutating func line(of queue: UInt32) -> UInt32 {
        if let line = linesOfQueues[queue] { return line }
        let line = lines.add(Line(queue: queue))
        linesOfQueues[queue] = line
        return line
    }

    private mutating func line(of name: KeyName, _ queue: UInt32?) -> UInt32 {
        if let line = linesOfKeys[name] { return line }
        let line = queue.map { self.line(of: $0) } ?? lines.add(Line())
        lines[line].key = name
        linesOfKeys[name] = line
        return line
    }

    private mutating func append(_ waiter: UInt32, to line: UInt32) {
        let tail = lines[line].tail
        let next = waiters.slots[waiter].firstPlace
        let place = places.add(Place(waiter: waiter, line: line, previous: tail, nextOfWaiter: next))
        waiters.slots[waiter].firstPlace = place
        if tail != none { places[tail].next = place } else { lines[line].head = place }
        lines[line].tail = place
        lines[line].count += 1
    }
}

// MARK: - Looking

extension WaitingLines {
    /// The place of the oldest one.
    func firstPlace(ofQueue queue: UInt32) -> UInt32? { linesOfQueues[queue].map { lines[$0].head } }

    func firstPlace(of name: KeyName) -> UInt32? { linesOfKeys[name].map { lines[$0].head } }

    func place(after place: UInt32) -> UInt32? { places[place].next == none ? nil : places[place].next }

    func waiter(at place: UInt32) -> Waiter { waiters.slots[places[place].waiter] }

    private static let lookedAtMax = 10_000

    /// Receives, those that have waited longest first. When many wait, these are among some of them only.
    func oldestReceives(_ limit: Int) -> [Waiter] {
        let receives = callers.values.lazy.prefix(Self.lookedAtMax).map { waiters.slots[$0] }.filter {
            if case .receive = $0.wish { true } else { false }
        }
        let sorted = receives.sorted { left, right in
            (left.since, left.receiver, left.token) < (right.since, right.receiver, right.token)
        }
        return Array(sorted.prefix(limit))
    }

    /// Keys for which somebody waits, in an order that one history always has. Goes through all of them.
    func names(_ isWanted: (KeyName) -> Bool) -> [KeyName] {
        linesOfKeys.filter { isWanted($0.key) }.sorted { $0.value < $1.value }.map(\.key)
    }
}

// MARK: - Leaving

extension WaitingLines {
    /// Takes a caller's waiter out of all lines; nil when it does not wait.
    @discardableResult
    mutating func remove(receiver: Int, token: UInt64) -> Waiter? {
        callers[Caller(receiver: receiver, token: token)].map { remove($0) }
    }

    /// Takes the next waiter out whose time is over.
    mutating func removeTimedOut(at now: BrokerTime) -> Waiter? {
        _ = timers.advance(to: now, budget: .max, in: &waiters)
        var slot: UInt32?
        timers.due(in: waiters) {
            slot = $0
            return false
        }
        return slot.map { remove($0) }
    }

    mutating func removeAll() -> [Waiter] { callers.values.sorted().map { remove($0) } }

    private mutating func remove(_ slot: UInt32) -> Waiter {
        if waiters.slots[slot].deadline != nil { timers.remove(slot, in: &waiters) }
        let waiter = waiters.slots.remove(slot)
        if case .keys = waiter.wish { keyWaiterCount -= 1 }
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = nil
        var place = waiter.firstPlace
        while place != none { place = leave(places.remove(place)) }
        return waiter
    }

    /// The next place of the same waiter.
    private mutating func leave(_ place: Place) -> UInt32 {
        if place.previous != none {
            places[place.previous].next = place.next
        } else {
            lines[place.line].head = place.next
        }
        if place.next != none {
            places[place.next].previous = place.previous
        } else {
            lines[place.line].tail = place.previous
        }
        lines[place.line].count -= 1
        if lines[place.line].count == 0 { removeLine(place.line) }
        return place.nextOfWaiter
    }

    private mutating func removeLine(_ number: UInt32) {
        let line = lines.remove(number)
        if let queue = line.queue { linesOfQueues[queue] = nil }
        if let key = line.key { linesOfKeys[key] = nil }
    }
}

// MARK: - Queues that come and go

extension WaitingLines {
    /// Those who waited for a key of this name wait for the queue.
    mutating func noteCreated(_ queue: UInt32, named name: KeyName) {
        guard let line = linesOfKeys[name] else { return }
        lines[line].queue = queue
        linesOfQueues[queue] = line
    }

    /// Takes the receives from a queue that is no more out of its line. Commands on keys go on waiting: something else
    /// may come under its name.
    mutating func removeReceives(from queue: UInt32) -> [Waiter] {
        guard let line = linesOfQueues[queue] else { return [] }
        var (removed, place) = ([Waiter](), firstPlace(ofQueue: queue))
        while let current = place {
            place = self.place(after: current)
            if case .receive = waiter(at: current).wish { removed.append(remove(places[current].waiter)) }
        }
        guard linesOfQueues[queue] != nil else { return removed }
        lines[line].queue = nil
        linesOfQueues[queue] = nil
        return removed
    }
}

/// Waiters by slot number, as nodes of timers.
private struct WaiterSlots: TimerNodes {
    var slots = Slots<WaitingLines.Waiter>()

    func timerDeadline(_ node: UInt32) -> BrokerTime { slots[node].deadline ?? BrokerTime(milliseconds: .max) }
    func timerPrevious(_ node: UInt32) -> UInt32 { slots[node].timerPrevious }
    func timerNext(_ node: UInt32) -> UInt32 { slots[node].timerNext }
    mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { slots[node].timerPrevious = value }
    mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { slots[node].timerNext = value }
}
