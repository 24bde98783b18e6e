import Foundation
import Glibc

/// How large the file system of a directory is, also of a directory that is still to be made.
enum FileSystemSize {
    /// Nil when the system does not say: some network file systems give zeros.
    static func bytes(at path: String) -> Int? {
        var url = URL(filePath: path).standardizedFileURL
        var statistics = statvfs()
        while statvfs(url.path(percentEncoded: false), &statistics) != 0 {
            // The root is its own parent.
            guard errno == ENOENT, url.pathComponents.count > 1 else { return nil }
            url.deleteLastPathComponent()
        }
        let (bytes, overflow) = Int(statistics.f_blocks).multipliedReportingOverflow(by: Int(statistics.f_frsize))
        return overflow || bytes <= 0 ? nil : bytes
    }
}
