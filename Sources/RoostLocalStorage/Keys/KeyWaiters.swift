import RoostCore
import RoostModel

/// End of a line, and of the free slots.
private let none = UInt32.max

/// Commands that wait until there is something to take: one line for each key, oldest first. A command stands in as
/// many lines as it names keys.
///
/// Joining, leaving and timing out cost the keys of one command; to find who waits for a key costs nothing else.
struct KeyWaiters {
    struct Waiter {
        var receiver: Int
        var token: UInt64
        var request: KeyRequest
        /// What it is answered when there was nothing until its time was over.
        var nothing: KeyReply
        /// Nil: it waits for ever.
        var deadline: BrokerTime?
        fileprivate var places: [UInt32] = []
        fileprivate var timerPrevious = none
        fileprivate var timerNext = none

        init(receiver: Int, token: UInt64, request: KeyRequest, nothing: KeyReply, deadline: BrokerTime?) {
            self.receiver = receiver
            self.token = token
            self.request = request
            self.nothing = nothing
            self.deadline = deadline
        }
    }

    /// A waiter in one line.
    private struct Place {
        var waiter: UInt32
        var name: KeyName
        var previous = none
        var next = none
    }

    private struct Line {
        var head = none
        var tail = none
    }

    private struct Caller: Hashable {
        var receiver: Int
        var token: UInt64
    }

    private var waiters = KeyWaiterSlots()
    private var places = Slots<Place>()
    private var lines: [KeyName: Line] = [:]
    private var callers: [Caller: UInt32] = [:]
    private var timers = TimerWheel()

    var count: Int { callers.count }
    /// When the first of them has waited long enough. May be early, never late.
    var nextDue: BrokerTime? { timers.nextDue }

    mutating func join(_ waiter: Waiter) {
        let slot = waiters.slots.add(waiter)
        var names = Set<KeyName>()
        for key in waiter.request.wait?.keys ?? [] {
            let name = KeyName(database: waiter.request.database, key: key)
            if names.insert(name).inserted { waiters.slots[slot].places.append(append(slot, to: name)) }
        }
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = slot
        if waiter.deadline != nil { timers.insert(slot, in: &waiters) }
    }

    private mutating func append(_ waiter: UInt32, to name: KeyName) -> UInt32 {
        var line = lines[name] ?? Line()
        let place = places.add(Place(waiter: waiter, name: name, previous: line.tail))
        if line.tail != none { places[line.tail].next = place } else { line.head = place }
        line.tail = place
        lines[name] = line
        return place
    }

    /// The place of the oldest one in the line of a key.
    func firstPlace(in name: KeyName) -> UInt32? { lines[name]?.head }

    /// For which somebody waits. Goes through all of them.
    func names(_ isWanted: (KeyName) -> Bool) -> [KeyName] { lines.keys.filter(isWanted) }

    func place(after place: UInt32) -> UInt32? { places[place].next == none ? nil : places[place].next }

    func waiter(at place: UInt32) -> Waiter { waiters.slots[places[place].waiter] }

    /// Takes it out of all lines; nil when it does not wait.
    @discardableResult
    mutating func remove(receiver: Int, token: UInt64) -> Waiter? {
        callers[Caller(receiver: receiver, token: token)].map { remove($0) }
    }

    /// Takes the next one out whose time is over.
    mutating func removeTimedOut(at now: BrokerTime) -> Waiter? {
        _ = timers.advance(to: now, budget: .max, in: &waiters)
        var slot: UInt32?
        timers.due(in: waiters) {
            slot = $0
            return false
        }
        return slot.map { remove($0) }
    }

    mutating func removeAny() -> Waiter? { callers.first.map { remove($0.value) } }

    private mutating func remove(_ slot: UInt32) -> Waiter {
        if waiters.slots[slot].deadline != nil { timers.remove(slot, in: &waiters) }
        let waiter = waiters.slots.remove(slot)
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = nil
        for place in waiter.places { leave(places.remove(place)) }
        return waiter
    }

    private mutating func leave(_ place: Place) {
        if place.previous != none {
            places[place.previous].next = place.next
        } else {
            lines[place.name]?.head = place.next
        }
        if place.next != none {
            places[place.next].previous = place.previous
        } else {
            lines[place.name]?.tail = place.previous
        }
        if lines[place.name]?.head == none { lines[place.name] = nil }
    }
}

/// Waiters by slot number, as nodes of timers.
private struct KeyWaiterSlots: TimerNodes {
    var slots = Slots<KeyWaiters.Waiter>()

    func timerDeadline(_ node: UInt32) -> BrokerTime { slots[node].deadline ?? BrokerTime(milliseconds: .max) }
    func timerPrevious(_ node: UInt32) -> UInt32 { slots[node].timerPrevious }
    func timerNext(_ node: UInt32) -> UInt32 { slots[node].timerNext }
    mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { slots[node].timerPrevious = value }
    mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { slots[node].timerNext = value }
}
