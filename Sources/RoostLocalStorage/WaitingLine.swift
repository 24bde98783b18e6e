import RoostCore
import RoostModel
import RoostStorage

/// End of a line, and of the free slots.
private let none = UInt32.max

/// Receives that wait for a message: one line for each queue, oldest first, whatever protocol they came by.
///
/// Joining, leaving, being served and timing out are O(1): links and timers stand in the waiters themselves.
struct WaitingLine {
    struct Waiter {
        var queue: UInt32
        var queueName: QueueName
        var receiver: Int
        var token: UInt64
        var options: ReceiveOptions
        var deadline: BrokerTime
        fileprivate var previous = none
        fileprivate var next = none
        fileprivate var timerPrevious = none
        fileprivate var timerNext = none

        init(
            queue: UInt32, queueName: QueueName, receiver: Int, token: UInt64,
            options: ReceiveOptions, deadline: BrokerTime
        ) {
            self.queue = queue
            self.queueName = queueName
            self.receiver = receiver
            self.token = token
            self.options = options
            self.deadline = deadline
        }
    }

    private struct Line {
        var head = none
        var tail = none
        var count = 0
    }

    private struct Caller: Hashable {
        var receiver: Int
        var token: UInt64
    }

    private var waiters = Slots<Waiter>()
    private var lines: [UInt32: Line] = [:]
    private var callers: [Caller: UInt32] = [:]
    private var timers = TimerWheel()

    var count: Int { callers.count }
    /// When the first of them has waited long enough. May be early, never late.
    var nextDue: BrokerTime? { timers.nextDue }

    func count(of queue: UInt32) -> Int { lines[queue]?.count ?? 0 }

    mutating func join(_ waiter: Waiter) {
        let slot = waiters.add(waiter)
        var line = lines[waiter.queue] ?? Line()
        waiters[slot].previous = line.tail
        if line.tail != none { waiters[line.tail].next = slot } else { line.head = slot }
        line.tail = slot
        line.count += 1
        lines[waiter.queue] = line
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = slot
        timers.insert(slot, in: &waiters)
    }

    func first(of queue: UInt32) -> Waiter? { lines[queue].map { waiters[$0.head] } }

    /// Takes the oldest waiter of the queue out of the line.
    mutating func removeFirst(of queue: UInt32) -> Waiter? {
        guard let slot = lines[queue]?.head else { return nil }
        return remove(slot)
    }

    /// Takes this caller's waiter out of the line; nil when it does not wait.
    mutating func remove(receiver: Int, token: UInt64) -> Waiter? {
        guard let slot = callers[Caller(receiver: receiver, token: token)] else { return nil }
        return remove(slot)
    }

    /// Takes the next waiter out of the line whose time is over.
    mutating func removeTimedOut(at now: BrokerTime) -> Waiter? {
        _ = timers.advance(to: now, budget: .max, in: &waiters)
        var slot: UInt32?
        timers.due(in: waiters) {
            slot = $0
            return false
        }
        return slot.map { remove($0) }
    }

    mutating func removeAny() -> Waiter? {
        callers.first.map { remove($0.value) }
    }

    private mutating func remove(_ slot: UInt32) -> Waiter {
        timers.remove(slot, in: &waiters)
        let waiter = waiters.remove(slot)
        callers[Caller(receiver: waiter.receiver, token: waiter.token)] = nil
        if waiter.previous != none {
            waiters[waiter.previous].next = waiter.next
        } else {
            lines[waiter.queue]?.head = waiter.next
        }
        if waiter.next != none {
            waiters[waiter.next].previous = waiter.previous
        } else {
            lines[waiter.queue]?.tail = waiter.previous
        }
        lines[waiter.queue]?.count -= 1
        if lines[waiter.queue]?.count == 0 { lines[waiter.queue] = nil }
        return waiter
    }
}

extension Slots<WaitingLine.Waiter>: TimerNodes {
    package func timerDeadline(_ node: UInt32) -> BrokerTime { self[node].deadline }
    package func timerPrevious(_ node: UInt32) -> UInt32 { self[node].timerPrevious }
    package func timerNext(_ node: UInt32) -> UInt32 { self[node].timerNext }
    package mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { self[node].timerPrevious = value }
    package mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { self[node].timerNext = value }
}
