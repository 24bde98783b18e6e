import RoostModel

/// Commands on when keys expire.
enum ExpiryCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        expire("expire", .seconds, isSpan: true, "1.0.0", "Lets a key expire after some seconds."),
        expire("pexpire", .milliseconds, isSpan: true, "2.6.0", "Lets a key expire after some milliseconds."),
        expire("expireat", .seconds, isSpan: false, "1.2.0", "Lets a key expire at a time in seconds."),
        expire("pexpireat", .milliseconds, isSpan: false, "2.6.0", "Lets a key expire at a time in milliseconds."),
        ask("ttl", .secondsLeft, "1.0.0", "Answers in how many seconds a key expires."),
        ask("pttl", .millisecondsLeft, "2.6.0", "Answers in how many milliseconds a key expires."),
        ask("expiretime", .seconds, "7.0.0", "Answers when a key expires, in seconds."),
        ask("pexpiretime", .milliseconds, "7.0.0", "Answers when a key expires, in milliseconds."),
        CommandRow("persist", 2, [.write, .fast], .one, since: "2.2.0", "Takes the expiry off a key.") {
            (arguments) throws(Failure) in .key(.persist(try arguments.bytes()))
        },
    ]

    private static func ask(_ name: String, _ form: ExpiryForm, _ since: String, _ summary: String) -> CommandRow {
        CommandRow(name, 2, [.readonly, .fast], .one, since: since, summary) { (arguments) throws(Failure) in
            .key(.expiry(try arguments.bytes(), form))
        }
    }

    private static func expire(
        _ name: String, _ unit: ExpiryUnit, isSpan: Bool, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(name, -3, [.write, .fast], .one, since: since, summary) { (arguments) throws(Failure) in
            let (key, number) = (try arguments.bytes(), try arguments.next())
            let condition = try condition(&arguments)
            let milliseconds = try unit.signedMilliseconds(number, name)
            guard isSpan else {
                return .key(.expire(key, at: BrokerTime(milliseconds: milliseconds), condition))
            }
            // The sum with any time of today has to be one.
            guard milliseconds < .max / 2 else { throw ExpiryUnit.invalid(name) }
            return .key(.expireAfter(key, Milliseconds(milliseconds), condition))
        }
    }

    private static func condition(_ arguments: inout Arguments) throws(CommandError) -> ExpiryCondition {
        var (ifNone, ifSome, ifLater, ifEarlier) = (false, false, false, false)
        while !arguments.isAtEnd {
            if arguments.takes("NX") {
                ifNone = true
            } else if arguments.takes("XX") {
                ifSome = true
            } else if arguments.takes("GT") {
                ifLater = true
            } else if arguments.takes("LT") {
                ifEarlier = true
            } else {
                throw .message("Unsupported option " + CommandError.printable(try arguments.bytes()[...]))
            }
        }
        guard !ifNone || !(ifSome || ifLater || ifEarlier) else {
            throw .message("NX and XX, GT or LT options at the same time are not compatible")
        }
        guard !(ifLater && ifEarlier) else {
            throw .message("GT and LT options at the same time are not compatible")
        }
        if ifNone { return .ifNone }
        // A key without an expiry is never met by GT: XX says nothing more.
        if ifLater { return .ifLater }
        if ifEarlier { return ifSome ? .ifSomeEarlier : .ifEarlier }
        return ifSome ? .ifSome : .always
    }
}
