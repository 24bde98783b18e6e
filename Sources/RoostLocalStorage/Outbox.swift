import RoostStorage

/// Results that wait until what they depend on is on disk, in the order in which they were made.
struct Outbox {
    /// Those for one receiver.
    private struct Line {
        var completions: [Completion] = []
        /// For each of them the newest record when it was made: reads depend on what they read.
        var sequences: ContiguousArray<UInt64> = []

        /// As a rule all, and then they are handed over as they are.
        mutating func release(upTo sequence: UInt64) -> [Completion] {
            guard let first = sequences.first, let last = sequences.last, first <= sequence else { return [] }
            let count = last <= sequence ? sequences.count : sequences.prefix { $0 <= sequence }.count
            var rest: [Completion] = []
            rest.reserveCapacity(completions.count)
            rest.append(contentsOf: completions[count...])
            completions.removeSubrange(count...)
            sequences.removeFirst(count)
            swap(&rest, &completions)
            return rest
        }
    }

    /// By the number of the receiver.
    private var lines: ContiguousArray<Line> = []

    var isEmpty: Bool { lines.allSatisfy { $0.completions.isEmpty } }

    mutating func add(_ completion: consuming Completion, for receiver: Int, after sequence: UInt64) {
        while lines.count <= receiver { lines.append(Line()) }
        lines[receiver].completions.append(completion)
        lines[receiver].sequences.append(sequence)
    }

    /// Moves results out that depend on nothing above `sequence`; one list for each receiver, in order.
    mutating func release(upTo sequence: UInt64) -> [(receiver: Int, completions: [Completion])] {
        var lists: [(receiver: Int, completions: [Completion])] = []
        for receiver in lines.indices {
            let completions = lines[receiver].release(upTo: sequence)
            if !completions.isEmpty { lists.append((receiver, completions)) }
        }
        return lists
    }
}
