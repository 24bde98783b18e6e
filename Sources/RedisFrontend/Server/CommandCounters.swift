import Synchronization

/// What became of commands, by the numbers of their rows: the counters of one event loop, which alone writes them.
///
/// So counting is a load and a store, without a lock of the bus, and whoever is asked reads from any thread.
final class CommandCounters: @unchecked Sendable {
    // Proof for `@unchecked`: `cells` points to atomics, does not change, and is freed with this object.
    private let cells: UnsafeMutablePointer<Atomic<Int>>

    enum Kind: Int, CaseIterable {
        case calls
        /// Refused before they were carried out.
        case rejected
        /// Carried out and answered with an error.
        case failed
    }

    /// More than there are rows.
    static let rowsMax = 1024
    private static let count = rowsMax * Kind.allCases.count

    init() {
        cells = .allocate(capacity: Self.count)
        for index in 0..<Self.count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: Self.count)
        cells.deallocate()
    }

    /// On the loop that owns it.
    func add(_ kind: Kind, _ row: UInt16) {
        guard let index = Self.index(kind, row) else { return }
        let count = cells[index].load(ordering: .relaxed)
        cells[index].store(count &+ 1, ordering: .relaxed)
    }

    subscript(kind: Kind, row: UInt16) -> Int {
        Self.index(kind, row).map { cells[$0].load(ordering: .relaxed) } ?? 0
    }

    private static func index(_ kind: Kind, _ row: UInt16) -> Int? {
        row < rowsMax ? Int(row) * Kind.allCases.count + kind.rawValue : nil
    }
}

/// The sum over the counters of all loops.
struct CommandCounts {
    private var counts = [Int](repeating: 0, count: CommandCounters.rowsMax * CommandCounters.Kind.allCases.count)

    subscript(kind: CommandCounters.Kind, row: UInt16) -> Int {
        counts[Int(row) * CommandCounters.Kind.allCases.count + kind.rawValue]
    }

    mutating func add(_ counters: CommandCounters) {
        for kind in CommandCounters.Kind.allCases {
            for row in 0..<UInt16(CommandCounters.rowsMax) {
                counts[Int(row) * CommandCounters.Kind.allCases.count + kind.rawValue] += counters[kind, row]
            }
        }
    }

    static func - (sum: Self, part: Self) -> Self {
        var sum = sum
        for index in sum.counts.indices { sum.counts[index] -= part.counts[index] }
        return sum
    }
}

/// How often errors with each code were answered. There are few codes, and errors are rare beside commands.
final class ErrorCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter text: of an error, without the minus sign; its first word is the code.
    func add(_ text: some StringProtocol) {
        let code = String(text.prefix { $0 != " " })
        counts.withLock { $0[code, default: 0] += 1 }
    }

    func reset() { counts.withLock { $0 = [:] } }

    var sorted: [(code: String, count: Int)] {
        counts.withLock { counts in counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}
