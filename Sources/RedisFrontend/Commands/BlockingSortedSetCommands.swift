import RoostModel

/// Commands on sorted sets that wait for a member.
enum BlockingSortedSetCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        pop("bzpopmin", .lowest, "Removes and answers the member with the lowest score. Waits for one."),
        pop("bzpopmax", .highest, "Removes and answers the member with the highest score. Waits for one."),
        CommandRow(
            waiting: "bzmpop", -5, .movablekeys, .counted(at: 2), since: "7.0.0",
            "Pops from the first sorted set that has members. Waits for one."
        ) { (arguments) throws(Failure) in
            let timeout = try arguments.timeout()
            let command = try SortedSetCommands.popFirst(&arguments)
            guard case .sortedSet(.popFirst(let keys, _, _)) = command else { throw .syntax }
            return WaitingCommand(command: command, wait: KeyWait(keys, timeout: timeout))
        },
    ]

    private static func pop(_ name: String, _ end: ScoreEnd, _ summary: String) -> CommandRow {
        let keys = CommandRow.Keys(first: 1, last: -2, step: 1)
        return CommandRow(waiting: name, -3, [.noscript, .fast], keys, since: "5.0.0", summary) {
            (arguments) throws(Failure) in
            let keys = try arguments.take(arguments.remaining - 1)
            let wait = KeyWait(keys, timeout: try arguments.timeout())
            return WaitingCommand(command: .sortedSet(.popFirstMember(keys, end)), wait: wait)
        }
    }
}
