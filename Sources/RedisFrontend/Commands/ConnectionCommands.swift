import RESP
import RoostModel

/// Commands about the connection itself.
enum ConnectionCommands {
    private typealias Failure = CommandError

    private static let open: CommandRow.Flags = [.noscript, .loading, .stale, .fast, .noAuth]
    private static let end = open.union([.afterReplies, .notQueued, .whileSubscribed, .endsSession])

    static let rows: [CommandRow] = [
        CommandRow(connection: "ping", -1, [.fast, .whileSubscribed], since: "1.0.0", "Answers PONG, or its argument.")
        {
            (arguments, connection) throws(Failure) in try ping(&arguments, connection)
        },
        CommandRow(connection: "echo", 2, [.loading, .stale, .fast], since: "1.0.0", "Answers its argument.") {
            (arguments, connection) throws(Failure) in
            let text = try arguments.bytes()
            connection.reply { $0.writeBulk(text) }
        },
        CommandRow(connection: "auth", -2, open.union(.afterReplies), since: "1.0.0", "Says the password.") {
            (arguments, connection) throws(Failure) in
            try authenticate(&arguments, connection)
            connection.replyOK()
        },
        CommandRow(
            connection: "hello", -1, open.union(.afterReplies), since: "6.0.0",
            "Chooses the version of the protocol, and can say the password and a name."
        ) { (arguments, connection) throws(Failure) in try hello(&arguments, connection) },
        CommandRow(connection: "select", 2, [.loading, .stale, .fast], since: "1.0.0", "Chooses the database.") {
            (arguments, connection) throws(Failure) in
            let number = try arguments.integer()
            guard number >= 0, number < connection.loop.services.configuration.databases else {
                throw .message("DB index is out of range")
            }
            connection.session.database = UInt8(clamping: number)
            connection.replyOK()
        },
        CommandRow(
            connection: "quit", -1, end, since: "1.0.0",
            "Ends the connection."
        ) { (_, connection) throws(Failure) in
            connection.replyOK()
            connection.end()
        },
        CommandRow(
            connection: "reset", 1, end, since: "6.2.0",
            "Puts the connection into the state of a new one."
        ) { (_, connection) throws(Failure) in
            connection.resetSession()
            connection.reply { $0.writeSimpleString("RESET") }
        },
    ]

    private static func ping(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        guard arguments.remaining <= 1 else { throw .wrongArity(StaticCommandName(text: "ping")) }
        let text = arguments.isAtEnd ? nil : try arguments.bytes()
        connection.reply { writer in
            if connection.isSubscribed, connection.session.version == .two {
                writer.writeArray(count: 2)
                writer.writeBulk("pong")
                writer.writeBulk(text ?? [])
            } else if let text {
                writer.writeBulk(text)
            } else {
                writer.writeSimpleString("PONG")
            }
        }
    }

    /// `password`, or `user password`.
    private static func authenticate(
        _ arguments: inout Arguments, _ connection: RedisConnection
    ) throws(CommandError) {
        guard arguments.remaining <= 2 else { throw .syntax }
        let hasUser = arguments.remaining == 2
        let user = hasUser ? try arguments.bytes() : RedisConnection.defaultUser
        let password = try arguments.bytes()
        guard hasUser || connection.loop.services.configuration.password != nil else {
            throw .message(
                "AUTH <password> called without any password configured for the default user. Are you sure your "
                    + "configuration is correct?")
        }
        try connection.authenticate(user, password)
    }

    private static func hello(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        let version = try version(&arguments) ?? connection.session.version
        var (credentials, name) = ((user: Bytes, password: Bytes)?.none, String?.none)
        while !arguments.isAtEnd {
            if arguments.remaining >= 3, arguments.takes("AUTH") {
                credentials = (try arguments.bytes(), try arguments.bytes())
            } else if arguments.remaining >= 2, arguments.takes("SETNAME") {
                name = try ClientCommands.checkedName(&arguments)
            } else {
                throw .message("Syntax error in HELLO option '\(try arguments.text())'")
            }
        }
        if let credentials { try connection.authenticate(credentials.user, credentials.password) }
        guard connection.session.isAuthenticated else { throw .coded(unauthenticatedHello) }
        if let name { connection.session.name = name }
        connection.session.version = version
        connection.replyHello()
    }

    /// Nil when none is named.
    private static func version(_ arguments: inout Arguments) throws(CommandError) -> RESPVersion? {
        guard !arguments.isAtEnd else { return nil }
        guard let number = IntegerText.parse(try arguments.next()) else {
            throw .message("Protocol version is not an integer or out of range")
        }
        guard let version = RESPVersion(rawValue: Int(clamping: number)) else {
            throw .coded("NOPROTO unsupported protocol version")
        }
        return version
    }

    private static let unauthenticatedHello =
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
        + "option can be used to authenticate the client and select the RESP protocol version at the same time"
}

extension RedisConnection {
    static let defaultUser = Bytes("default".utf8)

    func authenticate(_ user: Bytes, _ password: Bytes) throws(CommandError) {
        let expected = loop.services.configuration.password.map { Bytes($0.utf8) }
        guard user == Self.defaultUser, expected.map({ Self.isEqual($0, password) }) ?? true else {
            throw .coded("WRONGPASS invalid username-password pair or user is disabled.")
        }
        session.isAuthenticated = true
        reader.isAuthenticated = true
    }

    /// Takes as long whatever byte differs: the time must not tell how much of a guess was right.
    private static func isEqual(_ expected: Bytes, _ given: Bytes) -> Bool {
        var difference = expected.count ^ given.count
        for (index, byte) in given.enumerated() {
            difference |= Int(byte ^ (expected.isEmpty ? 1 : expected[index % expected.count]))
        }
        return difference == 0
    }

    func resetSession() {
        unsubscribeFromAll()
        dropTransaction()
        releasePops()
        session = Session(isAuthenticated: loop.services.configuration.password == nil)
        reader.isAuthenticated = session.isAuthenticated
        isSilent = false
    }

    fileprivate func replyHello() {
        let configuration = loop.services.configuration
        reply { writer in
            writer.writeMap(count: 7)
            writer.writeBulk("server")
            writer.writeBulk("redis")
            writer.writeBulk("version")
            writer.writeBulk(configuration.redisVersion)
            writer.writeBulk("proto")
            writer.writeInteger(session.version.rawValue)
            writer.writeBulk("id")
            writer.writeInteger(Int64(clamping: id))
            writer.writeBulk("mode")
            writer.writeBulk("standalone")
            writer.writeBulk("role")
            writer.writeBulk("master")
            writer.writeBulk("modules")
            writer.writeArray(count: 0)
        }
    }
}
