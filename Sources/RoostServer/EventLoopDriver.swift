package import NIOCore
package import RoostLocalStorage
import Synchronization

/// Runs the engine on the event loop that serves the connections, at the end of its turn: all requests that were read
/// in one turn are carried out, written and synced together, and answered at once. No thread is woken for it.
///
/// The loop waits for the disk, and everything on it. The fastest way while a sync takes a fraction of a millisecond.
package final class EventLoopDriver: EngineDriver {
    private struct Timer {
        var engine = EngineTimer()
        var scheduled: Scheduled<Void>?
    }

    private let storage: LocalStorage
    private let loop: any EventLoop
    private let timer = Mutex(Timer())

    package init(_ storage: LocalStorage, on loop: any EventLoop) {
        self.storage = storage
        self.loop = loop
    }

    /// The loop runs what is put into it during a turn after all reads of that turn.
    package func wake() {
        loop.execute { self.run() }
    }

    private func run() {
        let due = storage.runTurn()
        storage.commit()
        guard let due, let delay = timer.withLock({ $0.engine.arm(in: due, now: storage.nanoseconds) }) else { return }
        // Not at once: the loop runs tasks that are due until there are none, and reads no socket meanwhile. A mass
        // expiry, slice after slice, would shut everybody out.
        let scheduled = loop.scheduleTask(in: .milliseconds(max(delay, 1))) { self.timerFired() }
        let replaced = timer.withLock { timer in
            defer { timer.scheduled = scheduled }
            return timer.scheduled
        }
        replaced?.cancel()
    }

    private func timerFired() {
        timer.withLock {
            $0.engine.fired()
            $0.scheduled = nil
        }
        run()
    }
}
