import RoostModel

// The arguments of SCAN, HSCAN, SSCAN and ZSCAN.

extension Arguments {
    /// `cursor [MATCH pattern] [COUNT count]`
    ///
    /// - Parameter names: the word that leaves values out; nil where there are none.
    mutating func scan(onlyNames names: StaticString? = nil) throws(CommandError) -> ScanOptions {
        var options = ScanOptions(cursor: try cursor())
        while !isAtEnd {
            if let names, takes(names) {
                options.onlyNames = true
            } else if try !takesScanOption(&options) {
                throw .syntax
            }
        }
        return options
    }

    /// The same with `[TYPE type]`.
    mutating func scanOfKeys() throws(CommandError) -> (ScanOptions, KeyReply.StaticWord?) {
        var (options, type) = (ScanOptions(cursor: try cursor()), KeyReply.StaticWord?.none)
        while !isAtEnd {
            if takes("TYPE") {
                type = typeWord(try next())
            } else if try !takesScanOption(&options) {
                throw .syntax
            }
        }
        return (options, type)
    }

    private mutating func takesScanOption(_ options: inout ScanOptions) throws(CommandError) -> Bool {
        if takes("COUNT") {
            let count = try integer()
            guard count >= 1 else { throw .syntax }
            options.countMin = Int(clamping: count)
        } else if takes("MATCH") {
            let pattern = try bytes()
            options.pattern = pattern == [UInt8(ascii: "*")] ? nil : GlobPattern(pattern)
        } else {
            return false
        }
        return true
    }

    /// Unsigned, as `strtoul` reads it: there may be a sign and zeros in front, a minus takes it off 2^64, and nothing
    /// at all is zero.
    private mutating func cursor() throws(CommandError) -> UInt64 {
        let text = try next()
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative || text.first == UInt8(ascii: "+") ? 1 : 0)
        var cursor: UInt64 = 0
        for byte in digits {
            let (tens, isTooLarge) = cursor.multipliedReportingOverflow(by: 10)
            let (sum, carries) = tens.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            guard byte &- UInt8(ascii: "0") < 10, !isTooLarge, !carries else { throw .message("invalid cursor") }
            cursor = sum
        }
        guard !digits.isEmpty || text.isEmpty else { throw .message("invalid cursor") }
        return isNegative ? 0 &- cursor : cursor
    }
}

/// `none`, which no key is, for a type that is not known: Redis 7.2 answers no keys then.
private func typeWord(_ text: UnsafeRawBufferPointer) -> KeyReply.StaticWord {
    // The longest has six letters.
    guard text.count <= 8 else { return .none }
    return KeyReply.StaticWord(rawValue: String(decoding: text, as: UTF8.self).lowercased()) ?? .none
}
