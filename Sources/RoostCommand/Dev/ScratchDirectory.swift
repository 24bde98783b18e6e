import Foundation

/// A data directory in memory, for one run of `roost dev`.
package enum ScratchDirectory {
    private static let prefix = "roost-dev-"

    /// Makes one below `parent`. Those that are left of runs which were killed go first.
    package static func make(in parent: String = parent) throws(CommandError) -> String {
        removeLeft(in: parent)
        var template = Array("\(parent)/\(prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandError(
                .failed, "no directory could be made in \(parent): \(String(cString: strerror(errno)))",
                nextStep: "Name one with: roost dev --data DIR")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// Memory where the system has it.
    private static var parent: String {
        access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : FileManager.default.temporaryDirectory.path()
    }

    private static func removeLeft(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            guard let process = process(of: name), kill(process, 0) != 0, errno == ESRCH else { continue }
            let facts = try? FileManager.default.attributesOfItem(atPath: "\(parent)/\(name)")
            guard (facts?[.ownerAccountID] as? NSNumber)?.uint32Value == getuid() else { continue }
            remove("\(parent)/\(name)")
        }
    }

    /// Of the run that made the directory of this name; nil: it is none of ours.
    private static func process(of name: String) -> pid_t? {
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: "-")
        guard parts.count == 2, parts[1].count == 6, let number = pid_t(parts[0]), number > 1 else { return nil }
        return number
    }
}
