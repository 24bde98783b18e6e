// Dispatch sources may be used from any thread; Dispatch does not declare it.
@preconcurrency import Dispatch
import Glibc

/// Tells when files may have changed. It watches their directories: a file that is replaced is another file, and what a
/// secret of Kubernetes names is a link that is exchanged beside it.
final class FileWatch: Sendable {
    private static let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE)

    private let source: any DispatchSourceRead

    /// Nil when the system has no watches left.
    ///
    /// - Parameter onChange: called on a queue of its own, once for changes that come together.
    init?(_ paths: [String], onChange: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        for directory in Set(paths.map(Self.directory)) {
            guard inotify_add_watch(descriptor, directory, Self.events) >= 0 else {
                close(descriptor)
                return nil
            }
        }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "roost.file-watch"))
        source.setEventHandler {
            Self.empty(descriptor)
            onChange()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// Which names changed does not matter: whoever is told compares.
    private static func empty(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &buffer, buffer.count) > 0 {}
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
