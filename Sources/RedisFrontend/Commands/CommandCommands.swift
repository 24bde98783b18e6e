import RESP
import RoostModel

/// COMMAND: the table of commands, told to clients.
enum CommandCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.loading, .stale]

    static let rows: [CommandRow] = [
        CommandRow(connection: "command", -1, flags, since: "2.8.13", "Tells about commands.") {
            (arguments, connection) throws(Failure) in
            guard !arguments.isAtEnd else { return describe(CommandTable.shared.rows.map { $0 }, connection) }
            try carryOut(&arguments, connection)
        }
    ]

    /// Sets of words after COMMAND. It is no container, because it does something without one too.
    private static func carryOut(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        let name = try arguments.bytes()
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "count":
            try expect(0, &arguments, "count")
            let count = CommandTable.shared.rows.count
            connection.reply { $0.writeInteger(count) }
        case "list": try list(&arguments, connection)
        case "info":
            let names = try arguments.rest()
            describe(names.isEmpty ? CommandTable.shared.rows.map { $0 } : names.map { row(named: $0) }, connection)
        case "docs":
            let names = try arguments.rest()
            let rows = names.isEmpty ? CommandTable.shared.rows : names.compactMap { row(named: $0) }
            connection.reply { writer in
                writer.writeMap(count: rows.count)
                for row in rows { writer.writeDocumentation(of: row) }
            }
        case "getkeys": try answerKeys(&arguments, connection)
        case "help":
            try expect(0, &arguments, "help")
            connection.replyHelp(of: "command", help)
        default: throw .unknownSubcommand(name, of: "command")
        }
    }

    private static let help: [CommandRow.HelpEntry] = [
        ("(no subcommand)", "Describes all commands."), ("COUNT", "Counts the commands."),
        ("DOCS [<command-name> ...]", "Tells what commands do."),
        ("GETKEYS <full-command>", "Answers the keys of a request."),
        ("INFO [<command-name> ...]", "Describes commands."),
        ("LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]", "Lists the names of commands."),
    ]

    private static func expect(_ count: Int, _ arguments: inout Arguments, _ name: String) throws(CommandError) {
        guard arguments.remaining == count else {
            throw .wrongArity(StaticCommandName(text: "command|\(name)"))
        }
    }

    /// `get`, or `client|id`.
    private static func row(named name: Bytes) -> CommandRow? {
        let parts = name.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let row = first.withUnsafeBytes({ CommandTable.shared.row(named: $0) }) else {
            return nil
        }
        guard parts.count == 2 else { return row }
        guard case .container(let rows) = row.handler else { return nil }
        let wanted = String(decoding: name, as: UTF8.self).lowercased()
        return rows.first { $0.name == wanted }
    }

    private static func describe(_ rows: [CommandRow?], _ connection: RedisConnection) {
        connection.reply { writer in
            writer.writeArray(count: rows.count)
            for row in rows {
                if let row { writer.writeDescription(of: row) } else { writer.writeNullArray() }
            }
        }
    }

    private static func list(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        var isWanted: (CommandRow) -> Bool = { _ in true }
        if !arguments.isAtEnd {
            guard arguments.remaining == 3, arguments.takes("FILTERBY") else { throw .syntax }
            isWanted = try filter(&arguments)
        }
        let names = CommandTable.shared.rows.filter(isWanted).map(\.name)
        connection.reply { writer in
            writer.writeArray(count: names.count)
            for name in names { writer.writeBulk(name) }
        }
    }

    private static func filter(_ arguments: inout Arguments) throws(CommandError) -> (CommandRow) -> Bool {
        if arguments.takes("PATTERN") {
            let pattern = GlobPattern(try arguments.bytes())
            return { pattern.matches(Bytes($0.name.utf8)) }
        }
        // There are no modules, and no users with rights of their own.
        guard arguments.takes("MODULE") || arguments.takes("ACLCAT") else { throw .syntax }
        _ = try arguments.bytes()
        return { _ in false }
    }

    // MARK: Keys of a request

    private static func answerKeys(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        let words = try arguments.rest()
        guard !words.isEmpty else { throw .wrongArity(StaticCommandName(text: "command|getkeys")) }
        guard let row = row(named: words[0]) else { throw .message("Invalid command specified") }
        let keys = try CommandKeys.keys(of: words, row)
        connection.reply { writer in
            writer.writeArray(count: keys.count)
            for key in keys { writer.writeBulk(key) }
        }
    }
}

/// Where keys stand in a request.
enum CommandKeys {
    /// Commands that say how many keys follow, and where they say it.
    private static let countPlaces: [String: Int] = [
        "lmpop": 1, "blmpop": 2, "zmpop": 1, "bzmpop": 2, "sintercard": 1, "zinter": 1, "zunion": 1, "zdiff": 1,
        "zintercard": 1, "zinterstore": 2, "zunionstore": 2, "zdiffstore": 2,
    ]

    static func isCounted(_ row: CommandRow) -> Bool { countPlaces[row.name] != nil }

    static func keys(of words: [Bytes], _ row: CommandRow) throws(CommandError) -> [Bytes] {
        guard row.keys.first > 0 || isCounted(row) else { throw .message("The command has no key arguments") }
        guard row.accepts(words.count) else {
            throw .message("Invalid number of arguments specified for command")
        }
        if row.name == "migrate" { return MigrateCommand.keys(of: words) }
        if row.name == "sort" { return SortCommands.keys(of: words) }
        if let place = countPlaces[row.name] { return try counted(words, place, row) }
        let last = row.keys.last < 0 ? words.count + row.keys.last : row.keys.last
        return stride(from: row.keys.first, through: min(last, words.count - 1), by: max(1, row.keys.step)).map {
            words[$0]
        }
    }

    private static func counted(_ words: [Bytes], _ place: Int, _ row: CommandRow) throws(CommandError) -> [Bytes] {
        guard place < words.count, let count = IntegerText.parse(words[place]), count > 0,
            count <= words.count - place - 1
        else { throw .message("Invalid arguments specified for command") }
        let target = row.keys.first > 0 ? [words[row.keys.first]] : []
        return target + words[(place + 1)...(place + Int(count))]
    }
}

extension ReplyWriter {
    private static var flagNames: [(CommandRow.Flags, StaticString)] {
        [
            (.write, "write"), (.readonly, "readonly"), (.denyoom, "denyoom"), (.admin, "admin"),
            (.pubsub, "pubsub"), (.noscript, "noscript"), (.blocking, "blocking"), (.loading, "loading"),
            (.stale, "stale"), (.fast, "fast"), (.noAuth, "no_auth"), (.noMulti, "no_multi"),
        ]
    }

    /// As COMMAND INFO shows a command: ten fields. There are no access categories, no tips and no key specifications.
    fileprivate mutating func writeDescription(of row: CommandRow) {
        writeArray(count: 10)
        writeBulk(row.name)
        writeInteger(row.arity)
        var flags = Self.flagNames.filter { row.flags.contains($0.0) }.map(\.1)
        if CommandKeys.isCounted(row) || row.flags.contains(.movablekeys) { flags.append("movablekeys") }
        writeSet(count: flags.count)
        for flag in flags { writeSimpleString(flag) }
        writeInteger(row.keys.first)
        writeInteger(row.keys.last)
        writeInteger(row.keys.step)
        writeSet(count: 0)
        writeArray(count: 0)
        writeArray(count: 0)
        guard case .container(let rows) = row.handler else { return writeArray(count: 0) }
        writeArray(count: rows.count)
        for row in rows { writeDescription(of: row) }
    }

    /// As COMMAND DOCS does: a name and a map.
    fileprivate mutating func writeDocumentation(of row: CommandRow) {
        writeBulk(row.name)
        let rows: [CommandRow] = if case .container(let rows) = row.handler { rows } else { [] }
        writeMap(count: rows.isEmpty ? 3 : 4)
        writeBulk("summary")
        writeBulk(row.summary)
        writeBulk("since")
        writeBulk(row.since)
        writeBulk("group")
        writeBulk(CommandFamilies.group(of: row.name))
        guard !rows.isEmpty else { return }
        writeBulk("subcommands")
        writeMap(count: rows.count)
        for row in rows { writeDocumentation(of: row) }
    }
}
