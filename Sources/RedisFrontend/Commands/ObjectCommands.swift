import RESP
import RoostModel

/// OBJECT: what can be asked about the value of a key.
enum ObjectCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            container: "object", since: "2.2.3", helpSince: "6.2.0", "Tells about a value.",
            [
                ask("encoding", .encoding, "2.2.3", "Answers the name that Redis has for the form of a value."),
                ask("refcount", .references, "2.2.3", "Answers how many keys have the value in common: one."),
                ask("idletime", .idleTime, "2.2.3", "Says that it is not known when a key was used."),
                ask("freq", .frequency, "4.0.0", "Says that it is not known how often a key was used."),
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
}
