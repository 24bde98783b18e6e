// Dispatch sources may be used from any thread; Dispatch does not declare it.
@preconcurrency import Dispatch
import Glibc
import Logging
import Synchronization

/// SIGTERM and SIGINT: the first one asks for an orderly end, a second one ends the process at once. While the log is
/// read, the first one does.
final class ShutdownSignals: Sendable {
    private struct State {
        var count = 0
        var isStarting = true
        var waiter: CheckedContinuation<Void, Never>?
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
        // A client that is gone is seen by the write; it must not end the process.
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] { watch(number) }
    }

    /// From here on there is something that has to be ended in order.
    func started() { state.withLock { $0.isStarting = false } }

    /// Returns when the first signal has come.
    func first() async {
        await withCheckedContinuation { continuation in
            let hasCome = state.withLock { state in
                if state.count == 0 { state.waiter = continuation }
                return state.count > 0
            }
            if hasCome { continuation.resume() }
        }
    }

    private func watch(_ number: Int32) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { [self] in arrived() }
        source.activate()
        state.withLock { $0.sources.append(source) }
    }

    private func arrived() {
        let (count, waiter, isStarting) = state.withLock { state in
            state.count += 1
            defer { state.waiter = nil }
            return (state.count, state.waiter, state.isStarting)
        }
        // A start may be cut off anywhere: what it writes says nothing new.
        if isStarting {
            logger.info("asked to end while the log was read: ending at once, the log is unchanged")
            ProcessExit.now(.orderly)
        }
        waiter?.resume()
        guard count > 1 else { return }
        logger.warning("second signal: ending at once; what was acknowledged is on disk")
        ProcessExit.now(.interrupted)
    }
}

/// Ends of the process that do not wait for anything.
enum ProcessExit: Int32 {
    /// There was nothing to finish.
    case orderly = 0
    /// The log could not be written or synced.
    case logFailed = 74
    /// A second signal came during an orderly end.
    case interrupted = 130

    static func now(_ reason: ProcessExit) -> Never { _exit(reason.rawValue) }
}
