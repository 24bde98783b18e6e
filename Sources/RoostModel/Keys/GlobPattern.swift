/// A pattern as KEYS, the SCAN family and PSUBSCRIBE take it, with Redis' meaning (`stringmatchlen`):
///
///     *             any bytes, or none
///     ?             one byte
///     [ab] [a-z]    one of these
///     [^a]          one byte that is none of these
///     \*            the byte itself, in brackets too
///
/// A bracket that nobody closes ends with the pattern. Bytes count from 0 to 255, as they do in Redis on ARM; on x86
/// its ranges take those from 128 on for negative. `*` takes the empty text too, however often it stands there.
package struct GlobPattern: Sendable, Equatable {
    private enum Piece: Equatable {
        case byte(UInt8)
        case anyByte
        case anyBytes
        /// Place of the class in `classes`: it is larger than all the others together.
        case one(of: Int32)
    }

    private var pieces: [Piece] = []
    private var classes: [ByteClass] = []
    /// Of all pieces but stars.
    private var bytesMin = 0

    package init(_ pattern: Bytes) {
        var index = 0
        while index < pattern.count {
            let byte = pattern[index]
            index += 1
            switch byte {
            case UInt8(ascii: "*"): if pieces.last != .anyBytes { pieces.append(.anyBytes) }
            case UInt8(ascii: "?"): pieces.append(.anyByte)
            case UInt8(ascii: "["):
                pieces.append(.one(of: Int32(truncatingIfNeeded: classes.count)))
                classes.append(ByteClass(pattern, &index))
            case UInt8(ascii: "\\") where index < pattern.count:
                pieces.append(.byte(pattern[index]))
                index += 1
            default: pieces.append(.byte(byte))
            }
        }
        bytesMin = pieces.count { $0 != .anyBytes }
    }

    /// Takes no more steps than the pattern has bytes times the text has: at a dead end it goes back to the last star
    /// and never further. What an earlier star could take more of, the last one can skip.
    package func matches(_ text: Span<UInt8>) -> Bool {
        guard text.count >= bytesMin else { return false }
        var (piece, index) = (0, 0)
        var retry: (piece: Int, index: Int)?
        while index < text.count {
            if piece < pieces.count, pieces[piece] == .anyBytes {
                piece += 1
                guard piece < pieces.count else { return true }
                retry = (piece, index)
            } else if piece < pieces.count, takes(pieces[piece], text[index]) {
                (piece, index) = (piece + 1, index + 1)
            } else if let last = retry {
                (piece, index) = (last.piece, last.index + 1)
                retry = (piece, index)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anyBytes }
    }

    package func matches(_ text: Bytes) -> Bool { matches(text.span) }

    private func takes(_ piece: Piece, _ byte: UInt8) -> Bool {
        switch piece {
        case .byte(let wanted): wanted == byte
        case .anyByte: true
        case .anyBytes: false
        case .one(let place): classes[Int(place)].contains(byte)
        }
    }
}

/// What stands in brackets: a bit for each byte.
private struct ByteClass: Equatable {
    private var bits = SIMD4<UInt64>()

    /// - Parameter index: behind the opening bracket; afterwards behind the closing one, or at the end.
    init(_ pattern: Bytes, _ index: inout Int) {
        let isNegated = index < pattern.count && pattern[index] == UInt8(ascii: "^")
        if isNegated { index += 1 }
        read(pattern, &index)
        if isNegated { bits = ~bits }
    }

    private mutating func read(_ pattern: Bytes, _ index: inout Int) {
        while index < pattern.count {
            let (byte, left) = (pattern[index], pattern.count - index)
            if byte == UInt8(ascii: "\\"), left >= 2 {
                insert(pattern[index + 1]...pattern[index + 1])
                index += 2
            } else if byte == UInt8(ascii: "]") {
                index += 1
                return
            } else if left >= 3, pattern[index + 1] == UInt8(ascii: "-") {
                // A range that stands the wrong way round is turned, and its end may be the bracket.
                let end = pattern[index + 2]
                insert(min(byte, end)...max(byte, end))
                index += 3
            } else {
                insert(byte...byte)
                index += 1
            }
        }
    }

    private mutating func insert(_ range: ClosedRange<UInt8>) {
        for word in 0..<4 {
            let low = max(Int(range.lowerBound), word * 64)
            let high = min(Int(range.upperBound), word * 64 + 63)
            guard low <= high else { continue }
            bits[word] |= ~0 << UInt64(low % 64) & ~0 >> UInt64(63 - high % 64)
        }
    }

    func contains(_ byte: UInt8) -> Bool { bits[Int(byte / 64)] >> UInt64(byte % 64) & 1 == 1 }
}
