import RoostModel
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

    private static let largeBytesMin = 4096

    /// Bytes of those that are large; the others are not counted.
    private(set) var largeBytes = 0
    /// What makes that sum, in the order of their records.
    private var large: [(sequence: UInt64, bytes: Int)] = []
    /// By the number of the receiver.
    private var lines: ContiguousArray<Line> = []

    var isEmpty: Bool { lines.allSatisfy { $0.completions.isEmpty } }

    mutating func add(_ completion: consuming Completion, for receiver: Int, after sequence: UInt64) {
        while lines.count <= receiver { lines.append(Line()) }
        noteLarge(completion.result, sequence)
        lines[receiver].completions.append(completion)
        lines[receiver].sequences.append(sequence)
    }

    private mutating func noteLarge(_ result: Result<StorageReply, Rejection>, _ sequence: UInt64) {
        guard case .success(let reply) = result else { return }
        let bytes = reply.byteCount
        guard bytes >= Self.largeBytesMin else { return }
        large.append((sequence, bytes))
        largeBytes += bytes
    }

    private mutating func releaseLarge(upTo sequence: UInt64) {
        let released = large.prefix { $0.sequence <= sequence }
        largeBytes -= released.reduce(0) { $0 + $1.bytes }
        large.removeFirst(released.count)
    }

    /// Moves results out that depend on nothing above `sequence`; one list for each receiver, in order.
    mutating func release(upTo sequence: UInt64) -> [(receiver: Int, completions: [Completion])] {
        if !large.isEmpty { releaseLarge(upTo: sequence) }
        var lists: [(receiver: Int, completions: [Completion])] = []
        for receiver in lines.indices {
            let completions = lines[receiver].release(upTo: sequence)
            if !completions.isEmpty { lists.append((receiver, completions)) }
        }
        return lists
    }
}
