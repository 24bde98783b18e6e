import RoostModel

/// Commands on strings as rows of bits. BITFIELD has a file of its own.
enum BitCommands {
    private typealias Failure = CommandError

    static let rows = bits + FieldCommands.rows

    private static let bits: [CommandRow] = [
        CommandRow("setbit", 4, [.write, .denyoom], .one, since: "2.2.0", "Sets a bit, answers what it was.") {
            (arguments) throws(Failure) in
            let (key, place) = (try arguments.bytes(), try arguments.bitPlace())
            guard let bit = IntegerText.parse(try arguments.next()), bit == 0 || bit == 1 else {
                throw .message("bit is not an integer or out of range")
            }
            return .bits(.set(key, at: place, bit == 1))
        },
        CommandRow("getbit", 3, [.readonly, .fast], .one, since: "2.2.0", "Answers a bit.") {
            (arguments) throws(Failure) in .bits(.get(try arguments.bytes(), at: try arguments.bitPlace()))
        },
        CommandRow("bitcount", -2, .readonly, .one, since: "2.6.0", "Answers how many bits are set.") {
            (arguments) throws(Failure) in
            let key = try arguments.bytes()
            guard !arguments.isAtEnd else { return .bits(.count(key, nil)) }
            guard arguments.remaining > 1 else { throw .syntax }
            return .bits(.count(key, try range(&arguments)))
        },
        CommandRow("bitpos", -3, .readonly, .one, since: "2.8.7", "Answers where the first bit is set, or is not.") {
            (arguments) throws(Failure) in
            let (key, bit) = (try arguments.bytes(), try arguments.integer())
            guard bit == 0 || bit == 1 else { throw .message("The bit argument must be 1 or 0.") }
            return .bits(.position(key, of: bit == 1, arguments.isAtEnd ? nil : try range(&arguments)))
        },
        CommandRow(
            "bitop", -4, [.write, .denyoom], CommandRow.Keys(first: 2, last: -1, step: 1), since: "2.6.0",
            "Combines the bits of strings."
        ) { (arguments) throws(Failure) in
            let (operation, to) = (try operation(&arguments), try arguments.bytes())
            guard operation != .not || arguments.remaining == 1 else {
                throw .message("BITOP NOT must be called with a single source key.")
            }
            return .bits(.combine(operation, try arguments.rest(), to: to))
        },
    ]

    /// `start [end [BYTE|BIT]]`
    private static func range(_ arguments: inout Arguments) throws(CommandError) -> BitRange {
        let start = try arguments.integer()
        guard !arguments.isAtEnd else { return BitRange(start, nil) }
        let end = try arguments.integer()
        let isOfBits = arguments.takes("BIT")
        guard isOfBits || arguments.isAtEnd || arguments.takes("BYTE") else { throw .syntax }
        return BitRange(start, end, isOfBits: isOfBits)
    }

    private static func operation(_ arguments: inout Arguments) throws(CommandError) -> BitOperation {
        if arguments.takes("AND") { return .and }
        if arguments.takes("OR") { return .or }
        if arguments.takes("XOR") { return .xor }
        if arguments.takes("NOT") { return .not }
        throw .syntax
    }
}

extension Arguments {
    /// - Parameter width: of fields that are counted by `#`.
    mutating func bitPlace(width: Int? = nil) throws(CommandError) -> Int {
        let fault = CommandError.message("bit offset is not an integer or out of range")
        var text = try next()
        let isCounted = width != nil && text.first == UInt8(ascii: "#")
        if isCounted { text = UnsafeRawBufferPointer(rebasing: text.dropFirst()) }
        guard let number = IntegerText.parse(text), number >= 0, number < BitCommand.placesMax else { throw fault }
        let place = Int(number) * (isCounted ? width ?? 1 : 1)
        guard place < BitCommand.placesMax else { throw fault }
        return place
    }
}
