package import Foundation
import Synchronization

/// The way out and in: data to stdout, everything else to stderr. Tests put another one in its place.
package struct Console: Sendable {
    package var writeOut: @Sendable ([UInt8]) -> Void
    package var writeError: @Sendable ([UInt8]) -> Void
    package var readLine: @Sendable () -> String?
    package var readInput: @Sendable (_ maximum: Int) throws -> Data
    package var inputIsTerminal: Bool
    package var outIsTerminal: Bool
    package var errorIsTerminal: Bool
    package var environment: [String: String]

    @TaskLocal package static var current = Console.standard

    package init(
        writeOut: @escaping @Sendable ([UInt8]) -> Void,
        writeError: @escaping @Sendable ([UInt8]) -> Void,
        readLine: @escaping @Sendable () -> String?,
        readInput: @escaping @Sendable (_ maximum: Int) throws -> Data,
        inputIsTerminal: Bool, outIsTerminal: Bool, errorIsTerminal: Bool, environment: [String: String]
    ) {
        self.writeOut = writeOut
        self.writeError = writeError
        self.readLine = readLine
        self.readInput = readInput
        self.inputIsTerminal = inputIsTerminal
        self.outIsTerminal = outIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.environment = environment
    }

    package static let standard = Console(
        writeOut: { write($0, to: STDOUT_FILENO) },
        writeError: { write($0, to: STDERR_FILENO) },
        readLine: { Swift.readLine() },
        readInput: { try FileHandle.standardInput.read(upToCount: $0) ?? Data() },
        inputIsTerminal: isatty(STDIN_FILENO) == 1,
        outIsTerminal: isatty(STDOUT_FILENO) == 1,
        errorIsTerminal: isatty(STDERR_FILENO) == 1,
        environment: ProcessInfo.processInfo.environment
    )

    /// Writes all of it, or ends the process: a receive must not delete what nobody could read.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                Foundation.exit((errno == EPIPE ? ExitStatus.brokenPipe : .failed).rawValue)
            }
        }
    }
}

extension Console {
    package func out(_ text: String) { writeOut(Array(text.utf8)) }
    package func error(_ text: String) { writeError(Array(text.utf8)) }

    /// https://no-color.org: any value but the empty one turns colours off.
    private var allowsColour: Bool {
        (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    package var outStyle: Style { Style(isOn: outIsTerminal && allowsColour) }
    package var errorStyle: Style { Style(isOn: errorIsTerminal && allowsColour) }
}

/// Emphasis by ANSI escape sequences, or none.
package struct Style: Sendable {
    package var isOn: Bool

    package init(isOn: Bool) { self.isOn = isOn }

    package func bold(_ text: String) -> String { wrap(text, "1") }
    package func dim(_ text: String) -> String { wrap(text, "2") }
    package func yellow(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
