import Synchronization

/// Which message was sent and which one arrived, number by number, so that losses and duplicates are counted and not
/// guessed. Shared by all producers and consumers.
package final class BenchLedger: Sendable {
    private struct State {
        var next = 0
        var limit: Int?
        var isStopped = false
        var hasProduced = false
        var acknowledged = BitSet()
        var received = BitSet()
        var counts = Counts()
    }

    package struct Counts: Sendable, Equatable {
        /// Sends that were answered.
        package var sent = 0
        /// Messages that arrived, each counted once.
        package var received = 0
        /// Arrivals beyond the first of a message.
        package var duplicates = 0
        /// Messages of somebody else. They are not deleted.
        package var foreign = 0
        /// Requests that failed.
        package var errors = 0
        package var firstError: String?
    }

    private let state: Mutex<State>

    /// `limit`: messages to send, or nil to go on until `stop`.
    package init(limit: Int?) {
        var state = State()
        state.limit = limit
        self.state = Mutex(state)
    }

    /// Numbers for the next batch, or nil when enough was sent.
    package func reserve(_ count: Int) -> Range<Int>? {
        state.withLock { state in
            let end = min(state.next + count, state.limit ?? .max)
            guard !state.isStopped, state.next < end else { return nil }
            defer { state.next = end }
            return state.next..<end
        }
    }

    package func acknowledge(_ numbers: some Sequence<Int>) {
        state.withLock { state in
            for number in numbers where state.acknowledged.insert(number) { state.counts.sent += 1 }
        }
    }

    package func arrive(_ numbers: [Int], foreign: Int) {
        state.withLock { state in
            state.counts.foreign += foreign
            for number in numbers {
                // A number that was never given out is not ours, whatever its body says.
                guard number < state.next else {
                    state.counts.foreign += 1
                    continue
                }
                if state.received.insert(number) {
                    state.counts.received += 1
                } else {
                    state.counts.duplicates += 1
                }
            }
        }
    }

    package func fail(_ reason: String) {
        state.withLock { state in
            state.counts.errors += 1
            if state.counts.firstError == nil { state.counts.firstError = reason }
        }
    }

    /// Ends the sending; consumers go on until the queue is empty.
    package func stop() { state.withLock { $0.isStopped = true } }
    package func finishProducing() { state.withLock { $0.hasProduced = true } }

    package var isStopped: Bool { state.withLock { $0.isStopped } }
    package var hasProduced: Bool { state.withLock { $0.hasProduced } }
    package var counts: Counts { state.withLock { $0.counts } }

    /// Whether everything that was sent has arrived and nothing more will be sent.
    package var isComplete: Bool {
        state.withLock { $0.hasProduced && $0.received.containsAll(of: $0.acknowledged) && $0.counts.sent == $0.next }
    }

    /// The account at the end, with the messages that the server says are left.
    package func verification(left: Int) -> Verification {
        state.withLock { state in
            let missing = state.acknowledged.countMissing(in: state.received)
            let unanswered = state.next - state.counts.sent
            return Verification(
                sent: state.counts.sent,
                received: state.counts.sent - missing,
                left: min(left, missing),
                duplicates: state.counts.duplicates,
                lost: max(0, missing - left),
                unanswered: unanswered,
                unansweredReceived: state.received.countMissing(in: state.acknowledged),
                surplus: max(0, left - missing)
            )
        }
    }
}

/// sent = received + left + lost.
package struct Verification: Sendable, Equatable {
    /// Messages whose send was answered.
    package var sent: Int
    /// Those of them that arrived.
    package var received: Int
    /// Those of them that are still in the queue.
    package var left: Int
    package var duplicates: Int
    package var lost: Int
    /// Sends without an answer: the message may exist or not.
    package var unanswered: Int
    package var unansweredReceived: Int
    /// Messages left in the queue beyond those that did not arrive: unanswered sends, or deletes that failed.
    package var surplus: Int

    package var line: String {
        var line =
            "sent \(Text.number(sent)) = received \(Text.number(received)) + left \(Text.number(left)), "
            + "duplicates \(Text.number(duplicates)), lost \(Text.number(lost))"
        if unanswered > 0 {
            line +=
                "; \(Text.number(unanswered)) more without an answer, "
                + "\(Text.number(unansweredReceived)) of them received"
        }
        if surplus > 0 { line += "; \(Text.number(surplus)) in the queue that were received or never answered" }
        return line
    }
}

/// Small non-negative numbers, a bit each.
struct BitSet: Sendable {
    private var words: [UInt64] = []

    /// False if it was a member already.
    mutating func insert(_ number: Int) -> Bool {
        let word = number / 64
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word - words.count + 1)) }
        let bit = UInt64(1) << UInt64(number % 64)
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }

    /// Members of this set that are no members of the other.
    func countMissing(in other: BitSet) -> Int {
        words.indices.reduce(0) { count, index in
            let there = index < other.words.count ? other.words[index] : 0
            return count + (words[index] & ~there).nonzeroBitCount
        }
    }

    func containsAll(of other: BitSet) -> Bool {
        other.countMissing(in: self) == 0
    }
}
