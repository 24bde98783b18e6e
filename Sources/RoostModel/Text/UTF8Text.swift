/// Checks of text that came as bytes.
package enum UTF8Text {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether `bytes` are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, surrogates or values above
    /// U+10FFFF.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if index &+ 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & highBits == 0 {
                    index &+= 8
                    continue
                }
            }
            let length = sequenceLength(bytes, at: index)
            if length == 0 { return false }
            index &+= length
        }
        return true
    }

    /// The length of the well-formed sequence that starts at `index`, or 0.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        guard let (length, second) = shape(of: first), bytes.count &- index >= length else { return 0 }
        guard second.contains(bytes[index &+ 1]) else { return 0 }
        var offset = 2
        while offset < length {
            guard bytes[index &+ offset] & 0xC0 == 0x80 else { return 0 }
            offset &+= 1
        }
        return length
    }

    /// Length of the sequence that `first` begins, and what may stand second.
    private static func shape(of first: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch first {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }

    /// Whether well-formed `bytes` hold only what SQS accepts in a message:
    /// `#x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD #x10000-#x10FFFF`.
    package static func isLegalMessage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if index &+ 8 <= bytes.count, !mayHoldIllegal(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
                index &+= 8
                continue
            }
            if isIllegal(bytes, at: index) { return false }
            index &+= 1
        }
        return true
    }

    /// Whether `bytes` are text that SQS accepts in a message, of which nothing is known yet.
    package static func isLegalText(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { isValid($0) && isLegalMessage($0) }
    }

    /// False when none of eight bytes is a control character or the first byte of U+F000 to U+FFFF.
    private static func mayHoldIllegal(_ word: UInt64) -> Bool {
        let ef = word ^ 0xEFEF_EFEF_EFEF_EFEF
        let isEF = (ef &- 0x0101_0101_0101_0101) & ~ef
        let isControl = (word &- 0x2020_2020_2020_2020) & ~word
        return (isEF | isControl) & highBits != 0
    }

    private static func isIllegal(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        switch bytes[index] {
        case 0x09, 0x0A, 0x0D: false
        case 0..<0x20: true
        // U+FFFE and U+FFFF
        case 0xEF: index &+ 2 < bytes.count && bytes[index &+ 1] == 0xBF && bytes[index &+ 2] >= 0xBE
        default: false
        }
    }

    /// `bytes` with U+FFFD for what SQS does not accept, and XML cannot carry.
    package static func legalMessage(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...: text.append(scalar)
            default: text.append("\u{FFFD}")
            }
        }
        return String(text)
    }

    package static func isLegalMessage(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isLegalMessage(UnsafeRawBufferPointer($0)) }
    }
}
