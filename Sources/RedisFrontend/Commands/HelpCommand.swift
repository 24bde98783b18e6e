import RESP
import RoostModel

/// HELP of the commands that have subcommands, made of their rows.
extension CommandRow {
    typealias HelpEntry = (syntax: String, summary: String)

    static func help(of container: String, since: String, _ rows: [CommandRow]) -> CommandRow {
        let entries = rows.map { ($0.syntax, $0.summary) }
        return CommandRow(
            connection: container + "|help", 2, [.loading, .stale], since: since, "Lists the subcommands."
        ) { (_, connection) throws(CommandError) in connection.replyHelp(of: container, entries) }
    }

    /// `USAGE <key> ...`: without the name of the container.
    private var syntax: String {
        let word = (name.split(separator: "|").last ?? "").uppercased()
        let key = keys.first == 2 ? " <key>" : ""
        let named = keys.first == 2 ? 3 : 2
        return word + key + (arity == named ? "" : " ...")
    }
}

extension RedisConnection {
    func replyHelp(of container: String, _ entries: [CommandRow.HelpEntry]) {
        var lines = ["\(container.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
        for entry in entries { lines += [entry.syntax, "    " + entry.summary] }
        lines += ["HELP", "    Prints this help."]
        reply { writer in
            writer.writeArray(count: lines.count)
            for line in lines { writer.writeSimpleString(Array(line.utf8)) }
        }
    }
}
