import Glibc
import RoostCore

/// Why a data directory cannot be used. Each text says what to do.
package enum DataDirectoryError: Error, Sendable, Equatable {
    case damagedIdentity(String)
    case unknownLayout(UInt32, known: UInt32)
    /// There is a log but no identity: handles and ids that are out could never be opened again.
    case missingIdentity(String)
    case system(call: String, path: String, errno: Int32)
}

extension DataDirectoryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damagedIdentity(let problem):
            "The file IDENTITY in the data directory cannot be used: \(problem). Nothing was changed. Restore it from a"
                + " copy: the ids and handles of all messages are sealed with its key."
        case .unknownLayout(let version, let known):
            "The data directory has layout version \(version); this program knows version \(known). Start the program"
                + " that wrote it, or a newer one. Nothing was changed."
        case .missingIdentity(let path):
            "\(path) holds a log but no file IDENTITY. Nothing was changed. Restore it from a copy: the ids and handles"
                + " of all messages are sealed with its key."
        case .system(let call, let path, let errno):
            "\(call) \(path): \(String(cString: strerror(errno)))"
        }
    }
}

/// The files beside the log: `IDENTITY`, and the folder `log`.
package struct DataDirectory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package var logPath: String { path + "/log" }
    private var identityPath: String { path + "/IDENTITY" }

    /// Makes the directory, readable by its owner only, if it is not there.
    package func create() throws(DataDirectoryError) {
        var prefix = path.hasPrefix("/") ? "" : "."
        for part in (path + "/log").split(separator: "/") where part != "." {
            let parent = prefix.isEmpty ? "/" : prefix
            prefix += "/" + part
            if mkdir(prefix, 0o700) == 0 {
                // A power cut must not take the name of what will hold data.
                try syncDirectory(parent)
            } else if errno != EEXIST {
                throw .system(call: "mkdir", path: prefix, errno: errno)
            }
        }
    }

    /// Nil on the very first start.
    func readIdentity() throws(DataDirectoryError) -> Identity? {
        let file = open(identityPath, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(call: "open", path: identityPath, errno: errno)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Identity.byteCount + 1)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw .system(call: "read", path: identityPath, errno: errno) }
        return try Identity(decoding: Array(bytes[0..<count]))
    }

    func writeIdentity(_ identity: Identity) throws(DataDirectoryError) {
        let temporary = identityPath + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(call: "open", path: temporary, errno: errno) }
        defer { close(file) }
        let bytes = identity.encoded()
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file) == 0 else {
            throw .system(call: "write", path: temporary, errno: count < 0 || count == bytes.count ? errno : ENOSPC)
        }
        guard rename(temporary, identityPath) == 0 else {
            throw .system(call: "rename", path: identityPath, errno: errno)
        }
        try syncDirectory(path)
    }

    private func syncDirectory(_ path: String) throws(DataDirectoryError) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
    }
}
