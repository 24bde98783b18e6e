import RoostModel

/// Commands on lists that wait for an element.
enum BlockingListCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        pop("blpop", .left, "Removes and answers the first element of one of the lists. Waits for one."),
        pop("brpop", .right, "Removes and answers the last element of one of the lists. Waits for one."),
        CommandRow(
            waiting: "brpoplpush", 4, [.denyoom, .noscript], .two, since: "2.2.0",
            "Moves the last element to the front of another list. Waits for one."
        ) { (arguments) throws(Failure) in
            let (from, to) = (try arguments.bytes(), try arguments.bytes())
            let wait = KeyWait([from], timeout: try arguments.timeout())
            return WaitingCommand(command: .list(.move(from: from, .right, to: to, .left)), wait: wait)
        },
        CommandRow(
            waiting: "blmove", 6, [.denyoom, .noscript], .two, since: "6.2.0",
            "Moves an element to another list. Waits for one."
        ) { (arguments) throws(Failure) in
            let command = try ListCommands.move(&arguments)
            guard case .list(.move(let from, _, _, _)) = command else { throw .syntax }
            return WaitingCommand(command: command, wait: KeyWait([from], timeout: try arguments.timeout()))
        },
        CommandRow(
            waiting: "blmpop", -5, [], .none, since: "7.0.0",
            "Pops from the first list that has elements. Waits for one."
        ) { (arguments) throws(Failure) in
            let timeout = try arguments.timeout()
            let command = try ListCommands.popFirst(&arguments)
            guard case .list(.popFirst(let keys, _, _)) = command else { throw .syntax }
            return WaitingCommand(command: command, wait: KeyWait(keys, timeout: timeout))
        },
    ]

    private static func pop(_ name: String, _ end: ListEnd, _ summary: String) -> CommandRow {
        let keys = CommandRow.Keys(first: 1, last: -2, step: 1)
        return CommandRow(waiting: name, -3, .noscript, keys, since: "2.0.0", summary) { (arguments) throws(Failure) in
            let keys = try arguments.take(arguments.remaining - 1)
            let wait = KeyWait(keys, timeout: try arguments.timeout())
            return WaitingCommand(command: .list(.popFirstElement(keys, end)), wait: wait)
        }
    }
}

extension Arguments {
    /// Seconds with a fraction. Nil for zero: for ever.
    mutating func timeout() throws(CommandError) -> Milliseconds? {
        guard let seconds = FloatText.parseDouble(try next()) else {
            throw .message("timeout is not a float or out of range")
        }
        guard seconds >= 0 else { throw .message("timeout is negative") }
        let count = (seconds * 1000).rounded(.up)
        // A quarter of the range: some time of today can be added to it.
        guard count < 0x1p61 else { throw .message("timeout is out of range") }
        return count == 0 ? nil : Milliseconds(Int64(count))
    }
}
