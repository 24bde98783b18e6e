package import RoostModel
import Synchronization

/// Stands in for a storage that is still being opened, so that a front end can be there from the start: it tells how
/// far the log is read, and refuses requests until `open` is called. From then on it passes everything on.
package final class DeferredStorage: Storage {
    private final class Opened: Sendable {
        let storage: any Storage

        init(_ storage: any Storage) { self.storage = storage }
    }

    /// Set once. A load is all that it costs afterwards.
    private let opened = AtomicLazyReference<Opened>()
    private let fraction = Atomic<Double>(0)

    package init() {}

    /// How much of the log is read, from 0 to 1.
    package func report(_ fraction: Double) { self.fraction.store(fraction, ordering: .relaxed) }

    /// Requests are served from here on. A second call changes nothing.
    package func open(_ storage: any Storage) { _ = opened.storeIfNil(Opened(storage)) }

    package func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        if let opened = opened.load() { return opened.storage.submit(submissions, for: receiver) }
        guard !submissions.isEmpty else { return }
        let completions = submissions.map { Completion(token: $0.token, result: .failure(.busy)) }
        // Not from inside this call: whoever submits may hold a lock.
        Task { receiver.receive(completions) }
    }

    package func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        opened.load()?.storage.cancel(token, for: receiver)
    }

    package var readiness: Readiness {
        opened.load()?.storage.readiness ?? .recovering(fraction: fraction.load(ordering: .relaxed))
    }

    package var propertiesVersion: UInt64? { opened.load()?.storage.propertiesVersion }

    package var hasBindings: Bool { opened.load()?.storage.hasBindings ?? false }

    package func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce? {
        guard let storage = opened.load()?.storage else { return nil }
        return storage.carryOutAtOnce(command, database: database, goesOn: goesOn)
    }

    package var metrics: StorageMetrics { opened.load()?.storage.metrics ?? StorageMetrics() }
}
