import Foundation

/// The data directory and the disk under it.
package enum DataDirectoryChecks {
    private static let freeBytesWanted = 1 << 30
    private static let syncs = 50

    /// - Parameter isServerRunning: it may be the one that uses this directory.
    package static func all(at path: String, isServerRunning: Bool) -> [DoctorFinding] {
        let place = existing(path)
        guard access(place, W_OK | X_OK) == 0 else {
            return [
                DoctorFinding(
                    .problem, "data directory", "\(Text.harmless(place)) cannot be written: \(reason(errno))",
                    nextStep: "Give it to the user of the server (chown), or choose another one with --data")
            ]
        }
        return [mode(of: path, place), space(at: place), fileSystem(at: place), syncTime(in: place)]
    }

    /// The directory itself, or the first above it that is there.
    private static func existing(_ path: String) -> String {
        var url = URL(filePath: path).standardizedFileURL
        while access(url.path(percentEncoded: false), F_OK) != 0, url.pathComponents.count > 1 {
            url.deleteLastPathComponent()
        }
        return url.path(percentEncoded: false)
    }

    static func mode(of path: String, _ place: String) -> DoctorFinding {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else {
            return .fine("data directory", "\(Text.harmless(path)) is not there yet; a start makes it")
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return DoctorFinding(
                .problem, "data directory", "\(Text.harmless(path)) is not a directory",
                nextStep: "Choose another one with --data")
        }
        guard let mode = facts[.posixPermissions] as? NSNumber, mode.intValue & 0o077 == 0 else {
            return DoctorFinding(
                .warning, "data directory", "other users can look into \(Text.harmless(path))",
                nextStep: "chmod 700 \(Text.harmless(path))")
        }
        return .fine("data directory", Text.harmless(path))
    }

    static func space(at place: String) -> DoctorFinding {
        var facts = statvfs()
        guard statvfs(place, &facts) == 0 else {
            return DoctorFinding(.note, "disk space", "the system does not say how much is free")
        }
        let (bytes, overflow) = Int(clamping: facts.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: facts.f_frsize))
        guard !overflow, bytes < freeBytesWanted else { return .fine("disk space", overflow ? "much" : free(bytes)) }
        return DoctorFinding(
            .warning, "disk space", "only \(free(bytes)): new messages are refused when it ends",
            nextStep: "Make room, or choose a larger disk with --data")
    }

    private static func free(_ bytes: Int) -> String { "\(Text.bytes(bytes)) free" }

    /// What `fdatasync` is worth depends on it.
    static func fileSystem(at place: String) -> DoctorFinding {
        guard let table = try? String(contentsOfFile: "/proc/mounts", encoding: .utf8),
            let type = fileSystemType(at: place, mounts: table)
        else { return DoctorFinding(.note, "file system", "not known") }
        switch type {
        case "tmpfs", "ramfs":
            return DoctorFinding(
                .warning, "file system", "\(type) is memory, not a disk: a power cut loses every message",
                nextStep: "Choose a directory on a disk with --data")
        case "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs":
            return DoctorFinding(
                .warning, "file system", "\(type) is a network file system: it may tell of a sync before it is done",
                nextStep: "Choose a directory on a local disk with --data")
        case "overlay":
            return DoctorFinding(
                .warning, "file system", "overlay: the data goes when the container is removed",
                nextStep: "Mount a volume, and name it with --data")
        default:
            return .fine("file system", Text.harmless(type))
        }
    }

    /// That of the longest mount point which the path lies in; of equal ones the last was mounted over the others.
    package static func fileSystemType(at place: String, mounts: String) -> String? {
        var best: (length: Int, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 3 else { continue }
            let point = fields[1] == "/" ? "" : String(fields[1])
            let contains = place == point || place.hasPrefix(point + "/")
            if contains, point.count >= best?.length ?? 0 { best = (point.count, String(fields[2])) }
        }
        return best?.type
    }

    /// Every commit waits for one.
    static func syncTime(in place: String) -> DoctorFinding {
        guard let times = measureSyncs(in: place), let slowest = times.last else {
            return DoctorFinding(.problem, "disk speed", "a file could not be written and synced: \(reason(errno))")
        }
        let middle = times[times.count / 2]
        let text = "fdatasync takes \(shown(middle)), \(shown(slowest)) at most of \(times.count)"
        if middle > 20_000_000 {
            return DoctorFinding(
                .warning, "disk speed", text + ": every commit waits so long",
                nextStep: "Use an SSD with power loss protection; many senders at once share one sync")
        }
        if middle < 20_000 {
            return DoctorFinding(
                .note, "disk speed", text + ": no disk is so quick, so a cache may answer for it",
                nextStep: "Make sure that the disk, or the host of this machine, keeps what it says it has synced")
        }
        return .fine("disk speed", text)
    }

    private static func shown(_ nanoseconds: UInt64) -> String { Text.milliseconds(nanoseconds: nanoseconds) }

    /// Sorted. Nil, with errno, when the file cannot be written.
    private static func measureSyncs(in place: String) -> [UInt64]? {
        let path = place + "/.roost-doctor-\(getpid())"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4096)
        let clock = ContinuousClock()
        var times: [UInt64] = []
        for place in 0..<syncs {
            let start = clock.now
            guard pwrite(file, page, page.count, off_t(place * page.count)) == page.count, fdatasync(file) == 0 else {
                return nil
            }
            let spent = (clock.now - start).components
            times.append(UInt64(clamping: spent.seconds * 1_000_000_000 + spent.attoseconds / 1_000_000_000))
        }
        return times.sorted()
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
