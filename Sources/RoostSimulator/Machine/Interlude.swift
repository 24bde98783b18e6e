import RoostLocalStorage
import RoostStorage
import Synchronization

/// Requests that arrive, and a turn that runs, while a batch is being written or synced: what another thread does.
final class Interlude: Sendable {
    enum Moment: Sendable { case beforeSync, afterWrite }

    private struct Scene: Sendable {
        var moment: Moment
        var storage: LocalStorage
        var submissions: [Submission]
    }

    private let scene = Mutex<Scene?>(nil)
    /// How often the moment came.
    private let played = Atomic<Int>(0)
    private let events: Events
    private let clock: VirtualClock

    init(events: Events, clock: VirtualClock) {
        self.events = events
        self.clock = clock
    }

    /// Happens at the next such moment, once. The submissions are handed over then, or by `end`.
    func prepare(_ moment: Moment, _ storage: LocalStorage, _ submissions: [Submission]) {
        scene.withLock { $0 = Scene(moment: moment, storage: storage, submissions: submissions) }
    }

    func play(_ moment: Moment) {
        guard scene.withLock({ $0?.moment }) == moment, let scene = take() else { return }
        played.add(1, ordering: .relaxed)
        scene.storage.submit(scene.submissions, for: events)
        events.add(.turn(clock.broker, wall: clock.wall))
        _ = scene.storage.runTurn()
    }

    /// The moment did not come: the requests arrive now.
    func end() {
        guard let scene = take() else { return }
        scene.storage.submit(scene.submissions, for: events)
    }

    var count: Int { played.load(ordering: .relaxed) }

    func forget() { _ = take() }

    private func take() -> Scene? {
        scene.withLock { scene in
            defer { scene = nil }
            return scene
        }
    }
}
