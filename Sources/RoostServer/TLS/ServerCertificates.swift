import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate and the key of the ports, as they were read last.
///
/// A connection keeps what it began with; new ones get what is in the files now.
final class ServerCertificates: Sendable {
    private let paths: TLSFiles
    private let current: Mutex<NIOSSLContext>
    private let logger: Logger

    /// Reads both files; what is wrong with them ends the start.
    init(_ paths: TLSFiles, _ logger: Logger) throws(ConfigurationError) {
        self.paths = paths
        self.logger = logger
        current = Mutex(try Self.load(paths))
    }

    /// When the new files cannot be used, the old ones stay in use.
    func reload() {
        do {
            let context = try Self.load(paths)
            current.withLock { $0 = context }
            logger.info("tls: certificate and key are read again")
        } catch {
            logger.error("tls: the certificate stays as it was: \(error)")
        }
    }

    /// Puts TLS before everything that stands in the pipeline of a new connection. On its event loop.
    func secure(_ channel: any Channel) throws {
        let context = current.withLock { $0 }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(HandshakeDeadline())
    }

    fileprivate static func load(_ paths: TLSFiles) throws(ConfigurationError) -> NIOSSLContext {
        let key = try SecretFile.contents(of: paths.key, option: "tls-key")
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(paths.certificate)
        } catch {
            throw SecretFile.failure(paths.certificate, option: "tls-cert", "no certificate in PEM can be read from it")
        }
        do {
            let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            // Of TLS 1.2 only what is still held for safe; those of 1.3 all are.
            configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SecretFile.failure(
                paths.key, option: "tls-key", "no private key in PEM that belongs to the certificate of --tls-cert")
        }
    }
}

/// Where certificate and key are.
package struct TLSFiles: Sendable, Equatable {
    /// PEM: the certificate of the server, then those between it and the root.
    package var certificate: String
    var key: String

    /// Throws what a start would say of them.
    package func check() throws(ConfigurationError) { _ = try ServerCertificates.load(self) }
}
