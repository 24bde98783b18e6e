import RoostModel

// Numbers, with what Redis says of anything else.

extension Arguments {
    /// - Parameter message: of a number that is too small, and of what is none.
    mutating func integer(atLeast least: Int64, _ message: String) throws(CommandError) -> Int {
        guard let number = IntegerText.parse(try next()), number >= least else { throw .message(message) }
        return Int(clamping: number)
    }

    /// Zero or more.
    mutating func amount() throws(CommandError) -> Int {
        guard let number = IntegerText.parse(try next()), number >= 0 else { throw .notPositive }
        return Int(clamping: number)
    }

    /// A number that can be negated.
    mutating func signedCount() throws(CommandError) -> Int64 {
        let number = try integer()
        guard number != .min else {
            throw .message("value is out of range, value must between \(-Int64.max) and \(Int64.max)")
        }
        return number
    }

    mutating func double(_ fault: CommandError = .notAFloat) throws(CommandError) -> Double {
        guard let number = FloatText.parseDouble(try next()) else { throw fault }
        return number
    }

    mutating func longDouble() throws(CommandError) -> LongDouble {
        guard let number = FloatText.parseLongDouble(try next()) else { throw .notAFloat }
        guard number.isFinite else { throw .message("value is NaN or Infinity") }
        return number
    }

    // MARK: Numbers with words

    /// `numkeys key [key ...]`
    mutating func countedKeys() throws(CommandError) -> [Bytes] {
        try take(try integer(atLeast: 1, "numkeys should be greater than 0"))
    }

    /// `[COUNT count]` of commands that pop from the first key that has something.
    mutating func popCount() throws(CommandError) -> Int {
        guard takes("COUNT") else { return 1 }
        return try integer(atLeast: 1, "count should be greater than 0")
    }

    /// `[LIMIT limit]` of commands that count; zero for none.
    mutating func countLimit() throws(CommandError) -> Int {
        var limit = 0
        while takes("LIMIT") { limit = try integer(atLeast: 0, "LIMIT can't be negative") }
        return limit
    }

    /// `count [word]` of random picks.
    mutating func picks(_ word: StaticString) throws(CommandError) -> (count: Int64, withWord: Bool) {
        let count = try signedCount()
        guard !isAtEnd else { return (count, false) }
        guard remaining == 1, takes(word) else { throw .syntax }
        // The answer has twice as many elements.
        guard count.magnitude <= Int64.max / 2 else { throw .message("value is out of range") }
        return (count, true)
    }

    mutating func pairs() throws(CommandError) -> [KeyValuePair] {
        var pairs: [KeyValuePair] = []
        while !isAtEnd { pairs.append(KeyValuePair(try bytes(), try bytes())) }
        return pairs
    }
}
