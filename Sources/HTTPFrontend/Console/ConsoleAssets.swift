import CConsole
import Crypto
import NIOCore

/// The files of the console, each as it is and compressed, made once when somebody asks for the first.
///
/// All of them together have a digest, which stands in their addresses: a browser keeps them for ever, and a new
/// version of the server has new addresses.
struct ConsoleAssets: Sendable {
    struct Asset: Sendable {
        var contentType: String
        /// For `ETag`, in quotes.
        var tag: String
        var bytes: ByteBuffer
        /// Nil when it would not be smaller.
        var compressed: ByteBuffer?
    }

    static let shared = ConsoleAssets()

    /// The page that asks for the rest.
    let page: Asset
    /// 16 hexadecimal digits.
    let digest: String
    private let files: [String: Asset]

    private init() {
        let sources = (0..<console_file_count()).map { Source(console_file_at($0)) }
        digest = Self.digest(of: sources)
        let folder = "/console/\(digest)"
        page = Self.page(sources, folder: folder, tag: digest)
        let others = sources.filter { $0.path != Self.pagePath }
        files = Dictionary(
            others.map { ($0.path, Asset($0.path, $0.bytes, tag: Self.digest(of: [$0]))) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The file at a path below the folder that has the digest in its name.
    subscript(path: String) -> Asset? { files[path] }

    private static let pagePath = "index.html"

    private static func page(_ sources: [Source], folder: String, tag: String) -> Asset {
        let text = sources.first { $0.path == pagePath }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        // The one place where the page and this file have to agree.
        let parts = text.split(separator: "@ASSETS@", omittingEmptySubsequences: false)
        return Asset(pagePath, Array(parts.joined(separator: folder).utf8), tag: tag)
    }

    private static func digest(of sources: [Source]) -> String {
        var hash = SHA256()
        for source in sources {
            hash.update(data: Array(source.path.utf8))
            hash.update(data: source.bytes)
        }
        return hash.finalize().prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private struct Source {
        var path: String
        var bytes: [UInt8]

        init(_ file: console_file) {
            path = String(cString: file.path)
            bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
    }
}

extension ConsoleAssets.Asset {
    fileprivate init(_ path: String, _ bytes: [UInt8], tag: String) {
        contentType = Self.contentType(of: path)
        self.tag = "\"\(tag)\""
        self.bytes = ByteBuffer(bytes: bytes)
        compressed = Self.compressed(bytes).map { ByteBuffer(bytes: $0) }
    }

    private static func contentType(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        let result = [UInt8](unsafeUninitializedCapacity: console_gzip_bound(bytes.count)) { buffer, count in
            guard let out = buffer.baseAddress else { return }
            count = bytes.withUnsafeBufferPointer { source in
                source.baseAddress.map { console_gzip($0, source.count, out, buffer.count) } ?? 0
            }
        }
        return result.isEmpty || result.count >= bytes.count ? nil : result
    }
}
