import RoostModel

/// Commands on strings.
enum StringCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow("get", 2, [.readonly, .fast], .one, since: "1.0.0", "Answers the value of a key.") {
            (arguments) throws(Failure) in .string(.get(try arguments.bytes()))
        },
        CommandRow(
            "set", -3, [.write, .denyoom, .brief], .one, since: "1.0.0", "Sets the value of a key, whatever it held."
        ) {
            (arguments) throws(Failure) in try set(&arguments)
        },
        CommandRow("setnx", 3, [.write, .denyoom, .fast], .one, since: "1.0.0", "Sets a key that does not exist.") {
            (arguments) throws(Failure) in
            .string(.setMany([KeyValuePair(try arguments.bytes(), try arguments.bytes())], onlyNew: true))
        },
        setWithTime("setex", .seconds, "2.0.0", "Sets the value of a key, which expires after some seconds."),
        setWithTime(
            "psetex", .milliseconds, "2.6.0", "Sets the value of a key, which expires after some milliseconds."),
        CommandRow("getset", 3, [.write, .denyoom, .fast], .one, since: "1.0.0", "Sets a key, answers its old value.") {
            (arguments) throws(Failure) in
            .string(.set(try arguments.bytes(), try arguments.bytes(), SetOptions(answersOld: true)))
        },
        CommandRow("getdel", 2, [.write, .fast], .one, since: "6.2.0", "Answers the value of a key and deletes it.") {
            (arguments) throws(Failure) in .string(.getAndDelete(try arguments.bytes()))
        },
        CommandRow("getex", -2, [.write, .fast], .one, since: "6.2.0", "Answers a value and changes when it expires.") {
            (arguments) throws(Failure) in try getAndExpire(&arguments)
        },
        CommandRow("append", 3, [.write, .denyoom, .fast], .one, since: "2.0.0", "Appends to the value of a key.") {
            (arguments) throws(Failure) in .string(.append(try arguments.bytes(), try arguments.bytes()))
        },
        CommandRow("strlen", 2, [.readonly, .fast], .one, since: "2.2.0", "Answers the length of a value.") {
            (arguments) throws(Failure) in .string(.length(try arguments.bytes()))
        },
        range("getrange", "2.4.0"),
        range("substr", "1.0.0"),
        CommandRow("setrange", 4, [.write, .denyoom], .one, since: "2.2.0", "Overwrites a part of a value.") {
            (arguments) throws(Failure) in try setRange(&arguments)
        },
        count("incr", "Adds one to the number of a key.") { (_) throws(Failure) in 1 },
        count("decr", "Takes one from the number of a key.") { (_) throws(Failure) in -1 },
        count("incrby", "Adds a number to that of a key.", arity: 3) { (arguments) throws(Failure) in
            try arguments.integer()
        },
        count("decrby", "Takes a number from that of a key.", arity: 3) { (arguments) throws(Failure) in
            let step = try arguments.integer()
            guard step != .min else { throw .message("decrement would overflow") }
            return -step
        },
        CommandRow(
            "incrbyfloat", 3, [.write, .denyoom, .fast], .one, since: "2.6.0", "Adds a number to that of a key."
        ) { (arguments) throws(Failure) in
            let key = try arguments.bytes()
            guard let step = FloatText.parseLongDouble(try arguments.next()) else { throw .notAFloat }
            return .string(.incrementFloat(key, by: step))
        },
        CommandRow("mget", -2, [.readonly, .fast], .all, since: "1.0.0", "Answers the values of keys.") {
            (arguments) throws(Failure) in .string(.getMany(try arguments.rest()))
        },
        setMany("mset", onlyNew: false, "Sets the values of keys."),
        setMany("msetnx", onlyNew: true, "Sets the values of keys, if none of them exists."),
        CommandRow(
            "lcs", -3, .readonly, .two, since: "7.0.0", "Answers the longest bytes that two values have in common."
        ) { (arguments) throws(Failure) in try longestCommon(&arguments) },
    ]

    private static func range(_ name: String, _ since: String) -> CommandRow {
        CommandRow(name, 4, .readonly, .one, since: since, "Answers a part of a value.") {
            (arguments) throws(Failure) in
            .string(.range(try arguments.bytes(), start: try arguments.integer(), end: try arguments.integer()))
        }
    }

    private static func count(
        _ name: String, _ summary: String, arity: Int = 2,
        _ step: @escaping @Sendable (inout Arguments) throws(CommandError) -> Int64
    ) -> CommandRow {
        CommandRow(name, arity, [.write, .denyoom, .fast], .one, since: "1.0.0", summary) {
            (arguments) throws(Failure) in
            .string(.increment(try arguments.bytes(), by: try step(&arguments)))
        }
    }

    private static func setMany(_ name: String, onlyNew: Bool, _ summary: String) -> CommandRow {
        let keys = CommandRow.Keys(first: 1, last: -1, step: 2)
        return CommandRow(name, -3, [.write, .denyoom], keys, since: "1.0.1", summary) { (arguments) throws(Failure) in
            guard arguments.remaining % 2 == 0 else { throw .wrongArity(StaticCommandName(text: name)) }
            return .string(.setMany(try arguments.pairs(), onlyNew: onlyNew))
        }
    }

    private static func setRange(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (key, offset) = (try arguments.bytes(), try arguments.integer())
        guard offset >= 0 else { throw .message("offset is out of range") }
        return .string(.setRange(key, offset: Int(clamping: offset), try arguments.bytes()))
    }

    private static func longestCommon(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (one, other) = (try arguments.bytes(), try arguments.bytes())
        var (asksCount, asksPlaces, withCounts, countMin) = (false, false, false, Int64(0))
        while !arguments.isAtEnd {
            if arguments.takes("LEN") {
                asksCount = true
            } else if arguments.takes("IDX") {
                asksPlaces = true
            } else if arguments.takes("WITHMATCHLEN") {
                withCounts = true
            } else if arguments.takes("MINMATCHLEN") {
                countMin = try arguments.integer()
            } else {
                throw .syntax
            }
        }
        guard !(asksCount && asksPlaces) else {
            throw .message("If you want both the length and indexes, please just use IDX.")
        }
        let form = asksPlaces ? LongestCommonForm.places(countMin: countMin, withCounts: withCounts) : .bytes
        return .string(.longestCommon(one, other, asksCount ? .count : form))
    }

    private static func setWithTime(
        _ name: String, _ unit: ExpiryUnit, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(name, 4, [.write, .denyoom, .brief], .one, since: since, summary) { (arguments) throws(Failure) in
            let key = try arguments.bytes()
            let expiry = try unit.after(&arguments, name)
            return .string(.set(key, try arguments.bytes(), SetOptions(expiry: expiry)))
        }
    }

    private static func set(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (key, value) = (try arguments.bytes(), try arguments.bytes())
        var (options, hasTime, hasCondition) = (SetOptions(), false, false)
        while !arguments.isAtEnd {
            if arguments.takes("GET") {
                options.answersOld = true
            } else if !hasCondition, let condition = condition(&arguments) {
                (options.condition, hasCondition) = (condition, true)
            } else if !hasTime, let expiry = try expiry(&arguments, "set") {
                (options.expiry, hasTime) = (expiry, true)
            } else {
                throw .syntax
            }
        }
        return .string(.set(key, value, options))
    }

    private static func condition(_ arguments: inout Arguments) -> SetOptions.Condition? {
        arguments.takes("NX") ? .ifNone : arguments.takes("XX") ? .ifExists : nil
    }

    /// One of EX, PX, EXAT, PXAT and KEEPTTL.
    private static func expiry(
        _ arguments: inout Arguments, _ name: String
    ) throws(CommandError) -> ExpiryChange? {
        arguments.takes("KEEPTTL") ? .keep : try time(&arguments, name)
    }

    private static func time(_ arguments: inout Arguments, _ name: String) throws(CommandError) -> ExpiryChange? {
        if arguments.takes("EX") { return try ExpiryUnit.seconds.after(&arguments, name) }
        if arguments.takes("PX") { return try ExpiryUnit.milliseconds.after(&arguments, name) }
        if arguments.takes("EXAT") { return try ExpiryUnit.seconds.at(&arguments, name) }
        if arguments.takes("PXAT") { return try ExpiryUnit.milliseconds.at(&arguments, name) }
        return nil
    }

    private static func getAndExpire(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        guard !arguments.isAtEnd else { return .string(.get(key)) }
        if arguments.takes("PERSIST") { return .string(.getAndExpire(key, .remove)) }
        guard let change = try time(&arguments, "getex") else { throw .syntax }
        return .string(.getAndExpire(key, change))
    }
}

/// In what a client says when something expires.
enum ExpiryUnit {
    case seconds, milliseconds

    /// A span above zero that can be added to any time of today.
    func after(_ arguments: inout Arguments, _ name: String) throws(CommandError) -> ExpiryChange {
        .after(Milliseconds(try milliseconds(&arguments, name)))
    }

    func at(_ arguments: inout Arguments, _ name: String) throws(CommandError) -> ExpiryChange {
        .at(BrokerTime(milliseconds: try milliseconds(&arguments, name)))
    }

    private func milliseconds(_ arguments: inout Arguments, _ name: String) throws(CommandError) -> Int64 {
        let product = try signedMilliseconds(try arguments.next(), name)
        guard product > 0, product < .max / 2 else { throw Self.invalid(name) }
        return product
    }

    func signedMilliseconds(_ text: UnsafeRawBufferPointer, _ name: String) throws(CommandError) -> Int64 {
        guard let number = IntegerText.parse(text) else { throw .notAnInteger }
        let (product, overflow) = number.multipliedReportingOverflow(by: self == .seconds ? 1000 : 1)
        guard !overflow else { throw Self.invalid(name) }
        return product
    }

    static func invalid(_ name: String) -> CommandError { .message("invalid expire time in '\(name)' command") }
}
