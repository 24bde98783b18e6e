import Glibc
import Synchronization

/// A file that is open. Closed when nobody uses it any more, so that no read meets a number that has become another
/// file's.
final class OpenFile: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// Files open for reading, the least recently used one given up first.
final class ReadDescriptors: Sendable {
    private struct State {
        var files: [LogFile: (file: OpenFile, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func find(_ name: LogFile) -> OpenFile? {
        state.withLock { state in
            guard let found = state.files[name]?.file else { return nil }
            state.uses += 1
            state.files[name]?.lastUse = state.uses
            return found
        }
    }

    func keep(_ file: OpenFile, for name: LogFile) {
        // Closing is a system call: after the lock.
        let oldest: OpenFile? = state.withLock { state in
            state.uses += 1
            let replaced = state.files.updateValue((file, state.uses), forKey: name)?.file
            guard state.files.count > limit, let least = state.files.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return replaced }
            return state.files.removeValue(forKey: least.key)?.file
        }
        withExtendedLifetime(oldest) {}
    }

    /// The name now means another file, or none.
    func forget(_ name: LogFile) {
        let file = state.withLock { $0.files.removeValue(forKey: name)?.file }
        withExtendedLifetime(file) {}
    }

    var count: Int { state.withLock { $0.files.count } }
}
