import Foundation

/// A body that is an argument or comes from stdin.
enum InputText {
    /// Above what any server can be configured for (--max-message-bytes): more is read for nothing.
    static let bytesMax = 64 << 20

    /// `-` reads stdin, and so does a missing argument, unless stdin is a terminal: then there is no `what`.
    ///
    /// - Parameter keepsNewline: also one at the very end of stdin.
    static func bytes(
        _ argument: String?, keepsNewline: Bool, what: String, orElse nextStep: String
    ) throws -> [UInt8] {
        if let argument, argument != "-" { return Array(argument.utf8) }
        let console = Console.current
        if argument == nil, console.inputIsTerminal {
            throw CommandError(.usage, "there is no \(what)", nextStep: nextStep)
        }
        var bytes = Array(try console.readInput(bytesMax + 1))
        guard bytes.count <= bytesMax else { throw CommandError(.refused, "the \(what) is larger than 64 MiB") }
        if !keepsNewline, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }
}
