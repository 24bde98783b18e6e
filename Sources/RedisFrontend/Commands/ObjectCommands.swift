import RESP
import RoostModel

/// OBJECT and MEMORY: what can be asked about a key and its value.
enum ObjectCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            container: "object", since: "2.2.3", "Tells about a value.",
            [
                ask("encoding", .encoding, "2.2.3", "Answers the name that Redis has for the form of a value."),
                ask("refcount", .references, "2.2.3", "Answers how many keys have the value in common: one."),
                ask("idletime", .idleTime, "2.2.3", "Says that it is not known when a key was used."),
                ask("freq", .frequency, "4.0.0", "Says that it is not known how often a key was used."),
                help("object", "6.2.0", objectHelp),
            ])
    ]

    static let memoryRows: [CommandRow] = [
        CommandRow(
            container: "memory", since: "4.0.0", "Tells about memory.",
            [
                CommandRow(
                    "memory|usage", -3, .readonly, secondArgument, since: "4.0.0", "Answers what a key takes in memory."
                ) { (arguments) throws(Failure) in try usage(&arguments) },
                help("memory", "4.0.0", memoryHelp),
            ])
    ]

    private static let secondArgument = CommandRow.Keys(first: 2, last: 2, step: 1)

    private static func ask(
        _ name: String, _ question: KeyQuestion, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow("object|" + name, 3, .readonly, secondArgument, since: since, summary) {
            (arguments) throws(Failure) in .key(.about(try arguments.bytes(), question))
        }
    }

    /// Sizes are known, so that nothing has to be sampled.
    private static func usage(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        while !arguments.isAtEnd {
            guard arguments.remaining > 1, arguments.takes("SAMPLES"), try arguments.integer() >= 0 else {
                throw .syntax
            }
        }
        return .key(.about(key, .bytes))
    }

    private static func help(_ name: String, _ since: String, _ lines: [String]) -> CommandRow {
        CommandRow(connection: name + "|help", 2, [.loading, .stale], since: since, "Lists the subcommands.") {
            (_, connection) throws(Failure) in
            let head = "\(name.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
            let text = [head] + lines + ["HELP", "    Prints this help."]
            connection.reply { writer in
                writer.writeArray(count: text.count)
                for line in text { writer.writeSimpleString(Array(line.utf8)) }
            }
        }
    }

    private static let objectHelp = [
        "ENCODING <key>",
        "    Return the name that Redis has for the form of a value of this type and size.",
        "FREQ <key>",
        "    Not tracked: an error.",
        "IDLETIME <key>",
        "    Not tracked: an error.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>: always 1.",
    ]

    private static let memoryHelp = [
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nothing is sampled.",
    ]
}
