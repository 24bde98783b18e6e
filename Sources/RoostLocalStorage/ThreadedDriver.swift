// Dispatch sources may be used from any thread; Dispatch does not declare it.
@preconcurrency import Dispatch
import Synchronization

/// Runs the engine on two threads of its own: one carries out turns, the other writes and syncs. While one batch is
/// being synced, the next turn goes on. For several event loops, and for disks whose sync takes milliseconds.
package final class ThreadedDriver: EngineDriver {
    private let storage: LocalStorage
    private let turns = DispatchQueue(label: "roost.core", qos: .userInteractive)
    private let commits = DispatchQueue(label: "roost.commit", qos: .userInteractive)
    private let timer: any DispatchSourceTimer
    private let timerState = Mutex(EngineTimer())
    private let isCommitScheduled = Atomic<Bool>(false)

    package init(_ storage: LocalStorage) {
        self.storage = storage
        timer = DispatchSource.makeTimerSource(queue: turns)
        timer.setEventHandler { [weak self] in self?.timerFired() }
        timer.activate()
    }

    package func wake() {
        turns.async { self.run() }
    }

    private func timerFired() {
        timerState.withLock { $0.fired() }
        run()
    }

    private func run() {
        let due = storage.runTurn()
        scheduleCommit()
        guard let due, let delay = timerState.withLock({ $0.arm(in: due, now: storage.nanoseconds) }) else { return }
        timer.schedule(deadline: .now() + .milliseconds(Int(delay)))
    }

    private func scheduleCommit() {
        guard !isCommitScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        commits.async {
            // Before the commit: what is put into the log from now on schedules another one.
            _ = self.isCommitScheduled.exchange(false, ordering: .acquiringAndReleasing)
            self.storage.commit()
        }
    }
}
