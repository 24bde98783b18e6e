package import Foundation

/// The lines of a file of any size, without the newline (or carriage return and newline) at their end.
package struct LineReader {
    private static let chunkBytes = 1 << 16

    private let file: FileHandle
    private let lineBytesMax: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var isAtEnd = false
    /// Number of the line that `next` returned last, from 1.
    package private(set) var lineNumber = 0
    /// Bytes of the file up to the end of that line.
    package private(set) var position = 0

    package init(_ file: FileHandle, lineBytesMax: Int) {
        self.file = file
        self.lineBytesMax = lineBytesMax
    }

    /// The next line, or nil at the end. Throws when a line is longer than the limit.
    package mutating func next() throws -> [UInt8]? {
        while true {
            if let newline = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return take(upTo: newline, skipping: 1)
            }
            searched = buffer.count
            guard buffer.count - start <= lineBytesMax else {
                throw CommandError(.refused, "line \(lineNumber + 1) is longer than \(lineBytesMax) bytes")
            }
            if isAtEnd { return start < buffer.count ? take(upTo: buffer.count, skipping: 0) : nil }
            try fill()
        }
    }

    private mutating func take(upTo end: Int, skipping newline: Int) -> [UInt8] {
        var line = buffer[start..<end]
        position += line.count + newline
        if newline > 0, line.last == UInt8(ascii: "\r") { line.removeLast() }
        start = end + newline
        searched = start
        lineNumber += 1
        return Array(line)
    }

    private mutating func fill() throws {
        let chunk = try file.read(upToCount: Self.chunkBytes) ?? Data()
        isAtEnd = chunk.isEmpty
        buffer.removeSubrange(..<start)
        searched -= start
        start = 0
        buffer.append(contentsOf: chunk)
    }
}
