import RoostLog
import RoostModel
import RoostStorage

/// A start on a disk of which some bits turned after a clean end. It must be refused, or everything must be there; a
/// message whose body cannot be read is counted as damaged and never delivered.
struct DamagedStart {
    let world: World

    func run(_ dice: inout Dice) throws(Mismatch) {
        guard let verdict = try flip(&dice) else { return }
        world.books.permits.damage = true
        let end: UInt64
        if case .end(let sequence) = verdict { end = sequence } else { end = world.books.newest }
        switch try world.open(end...end) {
        case .refused(let error):
            if case .replayRefused = error { throw Mismatch("damage was not noticed before it was used: \(error)") }
            world.coverage.hit(.damageRefused)
        case .interrupted: throw Mismatch("the start was interrupted")
        case .ready:
            try require(verdict != .refusal, "a mark that is intact covers the damage, and the start took it")
            world.coverage.hit(.damageServed)
            try world.verify()
            try drain()
        }
        world.endLife()
    }

    /// What has to come of it. Nil: there is nothing to damage.
    private func flip(_ dice: inout Dice) throws(Mismatch) -> DamageWindow.Verdict? {
        let memory = world.disk.memory
        guard let files = try? memory.list().filter({ Self.counts($0.file) && $0.bytes > 0 }), !files.isEmpty,
            let window = try? DamageWindow(memory, newest: world.books.newest)
        else { return nil }
        let (file, bytes) = dice.pick(files)
        // Most of a segment is zeros behind the data: the part in front is worth more.
        let end = dice.oneIn(3) ? bytes : min(bytes, 8192)
        for _ in 0..<dice.pick([1, 1, 1, 2, 5]) {
            let bit = dice.below(end * 8)
            world.tell("bit \(bit) of \(file.name) turns")
            memory.flip(file, bit: bit)
        }
        return window.verdict(file, memory.contents(file) ?? [])
    }

    private static func counts(_ file: LogFile) -> Bool {
        switch file {
        case .segment, .snapshot: true
        default: false
        }
    }

    /// Gives out everything that can be given out: no body may be altered.
    private func drain() throws(Mismatch) {
        for queue in world.books.state.queues {
            try world.submit([
                .resumeQueue(queue.name),
                .receive(queue.name, ReceiveOptions(maximum: 1000, visibilityTimeout: .seconds(60), wait: .zero)),
            ])
        }
        try world.settle()
        try world.verify()
    }
}
