// Dispatch sources may be used from any thread; Dispatch does not declare it.
@preconcurrency import Dispatch
import Glibc
import Logging

/// Reads the certificates again after SIGHUP, and when their files change.
final class CertificateReload: Sendable {
    private let hangUp: any DispatchSourceSignal
    private let watch: FileWatch?

    /// Nil without TLS. Then SIGHUP ends a server that a terminal started, and nothing else.
    static func start(
        _ certificates: ServerCertificates?, _ configuration: ServerConfiguration, _ logger: Logger
    ) -> CertificateReload? {
        if let certificates, let files = configuration.tlsFiles {
            return CertificateReload(certificates, files, logger)
        }
        if isatty(STDIN_FILENO) == 0 { signal(SIGHUP, SIG_IGN) }
        return nil
    }

    private init(_ certificates: ServerCertificates, _ files: TLSFiles, _ logger: Logger) {
        let queue = DispatchQueue(label: "roost.certificates")
        // Its usual effect would end the process.
        signal(SIGHUP, SIG_IGN)
        hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        hangUp.setEventHandler { certificates.reload() }
        hangUp.activate()
        let stamps = FileStamps(files)
        watch = FileWatch([files.certificate, files.key]) {
            queue.async { if stamps.haveChanged() { certificates.reload() } }
        }
        if watch == nil {
            logger.warning("tls: changes of the certificate are not noticed by themselves; send SIGHUP after one")
        }
    }

    deinit { hangUp.cancel() }
}

/// Tells whether one of the files is another one than at the last look, or has other contents.
private final class FileStamps: @unchecked Sendable {
    // Proof for `@unchecked`: it is used on one serial queue after its initializer.
    private let paths: [String]
    private var stamps: [String]

    init(_ files: TLSFiles) {
        paths = [files.certificate, files.key]
        stamps = paths.map(Self.stamp)
    }

    func haveChanged() -> Bool {
        let now = paths.map(Self.stamp)
        defer { stamps = now }
        return now != stamps
    }

    private static func stamp(of path: String) -> String {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return "" }
        return "\(facts.st_dev) \(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec) \(facts.st_mtim.tv_nsec)"
    }
}
