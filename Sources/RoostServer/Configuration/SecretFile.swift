import Foundation
import Glibc

/// A file with secrets: nobody but its owner may read it.
enum SecretFile {
    /// A longer file is a mistake in the path.
    static let bytesMax = 1 << 20

    /// - Parameter option: that names the file, for errors.
    static func contents(of path: String, option: String) throws(ConfigurationError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure(path, option: option, errno == ENOENT ? "there is no such file" : "cannot be read")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, option: option, "not a file")
        }
        guard facts.st_mode & 0o077 == 0 else {
            let reason = "other users may read or change it, and it has secrets. Run: chmod 600 \(path)"
            throw failure(path, option: option, reason)
        }
        guard let data = try? file.read(upToCount: bytesMax + 1) ?? Data(), data.count <= bytesMax else {
            throw failure(path, option: option, "cannot be read, or longer than 1 MiB")
        }
        return String(decoding: data, as: UTF8.self)
    }

    static func failure(_ path: String, option: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(problems: [.init(subject: "\(option) \(path)", reason: reason)])
    }
}
