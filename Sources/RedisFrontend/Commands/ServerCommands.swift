import RESP
import RoostModel

/// Commands about the server.
enum ServerCommands {
    private typealias Failure = CommandError

    /// Clients ask for a cluster in order to know whether there is one.
    private static func noCluster(_ name: String, _ arity: Int, since: String) -> CommandRow {
        CommandRow(connection: name, arity, [.loading, .stale], since: since, "Says that this is no cluster.") {
            (_, _) throws(Failure) in throw .message("This instance has cluster support disabled")
        }
    }

    static let rows: [CommandRow] = [
        CommandRow(connection: "info", -1, [.loading, .stale], since: "1.0.0", "Tells about the server.") {
            (arguments, connection) throws(Failure) in
            var sections: [String] = []
            while !arguments.isAtEnd { sections.append(try arguments.text().lowercased()) }
            let text = InfoText.text(of: connection.loop.services, sections)
            connection.reply { $0.writeVerbatim(text) }
        },
        CommandRow(connection: "time", 1, [.loading, .stale, .fast], since: "2.6.0", "Answers the time of the server.")
        {
            (_, connection) throws(Failure) in
            let time = connection.loop.services.configuration.wallTime()
            connection.reply { writer in
                writer.writeArray(count: 2)
                writer.writeBulk(integer: time.seconds)
                writer.writeBulk(integer: time.microseconds)
            }
        },
        CommandRow(
            connection: "role", 1, [.noscript, .loading, .stale, .fast], since: "2.8.12",
            "Answers the role of the server: master without replicas."
        ) { (_, connection) throws(Failure) in
            connection.reply { writer in
                writer.writeArray(count: 3)
                writer.writeBulk("master")
                writer.writeInteger(0)
                writer.writeArray(count: 0)
            }
        },
        noCluster("cluster", -2, since: "3.0.0"), noCluster("readonly", 1, since: "3.0.0"),
        noCluster("readwrite", 1, since: "3.0.0"), noCluster("asking", 1, since: "3.0.0"),
        CommandRow(
            container: "module", since: "4.0.0", helpSince: "5.0.0", "Tells about modules.",
            [
                CommandRow(connection: "module|list", 2, [.admin, .noscript], since: "4.0.0", "Lists modules: none.") {
                    (_, connection) throws(Failure) in connection.reply { $0.writeArray(count: 0) }
                }
            ]),
    ]
}
