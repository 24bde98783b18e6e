import Glibc

/// A call to the disk that failed.
package struct DiskError: Error, Sendable, Hashable {
    package enum Call: String, Sendable {
        case open, list, create, write, sync, read, truncate, rename, remove, reserve, allocate
        case syncDirectory = "sync directory"
    }

    package enum Cause: Sendable, Hashable {
        /// The system's error number.
        case system(Int32)
        case fileTooShort
        case notARegularFile
        case noSegmentNumbersLeft
        /// A snapshot that was given up.
        case cancelled
        /// Of a disk in memory.
        case powerOff
    }

    package var call: Call
    package var cause: Cause
    /// Name of the file, or path of the directory.
    package var file: String

    package init(_ call: Call, _ file: String, _ cause: Cause) {
        self.call = call
        self.cause = cause
        self.file = file
    }

    /// The system's error number, or nil if the error is not the system's.
    package var errno: Int32? { if case .system(let number) = cause { number } else { nil } }

    /// The medium does not give the bytes (EIO): damage, and not a shortage of something.
    package var isUnreadable: Bool { errno == EIO }

    package var isMissingFile: Bool { errno == ENOENT }

    package var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }

    package var message: String {
        switch cause {
        case .system(let number): String(cString: strerror(number))
        case .fileTooShort: "the file ends before what it should hold"
        case .notARegularFile: "is not a regular file"
        case .noSegmentNumbersLeft: "there are no segment numbers left"
        case .cancelled: "was given up"
        case .powerOff: "the power is off"
        }
    }
}

extension DiskError: CustomStringConvertible {
    package var description: String { "\(call.rawValue) \(file): \(message)" }
}
