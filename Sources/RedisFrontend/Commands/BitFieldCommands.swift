import RoostModel

extension BitCommands {
    /// BITFIELD and BITFIELD_RO.
    enum FieldCommands {
        private typealias Failure = CommandError

        static let rows: [CommandRow] = [
            CommandRow(
                "bitfield", -2, [.write, .denyoom], .one, since: "3.2.0", "Reads and writes numbers in a row of bits."
            ) { (arguments) throws(Failure) in try fields(&arguments, mayWrite: true) },
            CommandRow(
                "bitfield_ro", -2, [.readonly, .fast], .one, since: "6.0.0", "Reads numbers in a row of bits."
            ) { (arguments) throws(Failure) in try fields(&arguments, mayWrite: false) },
        ]

        private static func fields(_ arguments: inout Arguments, mayWrite: Bool) throws(CommandError) -> KeyCommand {
            let key = try arguments.bytes()
            var (steps, overflow) = ([BitFieldStep](), BitOverflow.wrap)
            while !arguments.isAtEnd {
                if arguments.remaining > 2, arguments.takes("GET") {
                    steps.append(BitFieldStep(try field(&arguments), .get))
                } else if arguments.remaining > 3, arguments.takes("SET") {
                    let field = try field(&arguments)
                    steps.append(BitFieldStep(field, .set(try arguments.integer(), overflow)))
                } else if arguments.remaining > 3, arguments.takes("INCRBY") {
                    let field = try field(&arguments)
                    steps.append(BitFieldStep(field, .increment(try arguments.integer(), overflow)))
                } else if arguments.remaining > 1, arguments.takes("OVERFLOW") {
                    overflow = try self.overflow(&arguments)
                } else {
                    throw .syntax
                }
            }
            guard mayWrite || steps.allSatisfy({ $0.action == .get }) else {
                throw .message("BITFIELD_RO only supports the GET subcommand")
            }
            return .bits(.fields(key, steps))
        }

        private static func overflow(_ arguments: inout Arguments) throws(CommandError) -> BitOverflow {
            if arguments.takes("WRAP") { return .wrap }
            if arguments.takes("SAT") { return .saturate }
            if arguments.takes("FAIL") { return .fail }
            throw .message("Invalid OVERFLOW type specified")
        }

        /// `i` or `u` and a width, then a place.
        private static func field(_ arguments: inout Arguments) throws(CommandError) -> BitField {
            let type = try arguments.next()
            let isSigned = type.first == UInt8(ascii: "i")
            guard isSigned || type.first == UInt8(ascii: "u"), let width = IntegerText.parse(type.dropFirst()),
                (1...(isSigned ? 64 : 63)).contains(width)
            else {
                throw .message(
                    "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
            }
            let place = try arguments.bitPlace(width: Int(width))
            return BitField(isSigned: isSigned, width: Int(width), place: place)
        }
    }
}
