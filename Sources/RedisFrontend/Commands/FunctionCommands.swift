import RESP
import RoostModel

/// FUNCTION, as far as it goes without functions.
enum FunctionCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            container: "function", since: "7.0.0", helpSince: "7.0.0", "Tells about functions: there are none.",
            [
                CommandRow(connection: "function|list", -2, .noscript, since: "7.0.0", "Lists functions: none.") {
                    (arguments, connection) throws(Failure) in
                    _ = try arguments.rest()
                    connection.reply { $0.writeArray(count: 0) }
                },
                CommandRow(connection: "function|flush", -2, .noscript, since: "7.0.0", "Removes all functions: none.")
                {
                    (arguments, connection) throws(Failure) in
                    guard arguments.isAtEnd || arguments.takes("SYNC") || arguments.takes("ASYNC"), arguments.isAtEnd
                    else { throw .message("FUNCTION FLUSH only supports SYNC|ASYNC option") }
                    connection.replyOK()
                },
            ])
    ]
}
