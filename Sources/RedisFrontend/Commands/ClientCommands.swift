import NIOCore
import RESP
import RoostModel
import Synchronization

/// Commands about clients: this one, and all of them.
enum ClientCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.noscript, .loading, .stale]

    static let rows: [CommandRow] = [
        CommandRow(
            container: "client", since: "2.4.0", helpSince: "5.0.0", "Tells about clients and how they are served.",
            own + others)
    ]

    // MARK: This client

    private static let own: [CommandRow] = [
        CommandRow(connection: "client|id", 2, flags, since: "5.0.0", "Answers the id of the client.") {
            (_, connection) throws(Failure) in connection.reply { $0.writeInteger(Int64(clamping: connection.id)) }
        },
        CommandRow(connection: "client|getname", 2, flags, since: "2.6.9", "Answers the name of the client.") {
            (_, connection) throws(Failure) in
            let name = connection.session.name
            connection.reply { name.isEmpty ? $0.writeNull() : $0.writeBulk(name) }
        },
        CommandRow(connection: "client|setname", 3, flags, since: "2.6.9", "Names the client.") {
            (arguments, connection) throws(Failure) in
            connection.session.name = try checkedName(&arguments)
            connection.replyOK()
        },
        CommandRow(connection: "client|setinfo", 4, flags, since: "7.2.0", "Says what library the client uses.") {
            (arguments, connection) throws(Failure) in try setInfo(&arguments, connection)
        },
        CommandRow(connection: "client|info", 2, flags, since: "6.2.0", "Tells about the client.") {
            (_, connection) throws(Failure) in
            let line = connection.description + "\n"
            connection.reply { $0.writeVerbatim(line) }
        },
        CommandRow(
            connection: "client|reply", 3, flags.union(.afterReplies), since: "3.2.0", "Turns replies on and off."
        ) { (arguments, connection) throws(Failure) in try setReplies(&arguments, connection) },
        mode("client|no-evict", "7.0.0", \.isNotEvicted, "Keeps the client when memory is short: it is kept anyway."),
        mode("client|no-touch", "7.2.0", \.isNotTouching, "Commands do not count as use of keys: they never do."),
        CommandRow(connection: "client|getredir", 2, flags, since: "6.0.0", "Answers that keys are not tracked.") {
            (_, connection) throws(Failure) in connection.reply { $0.writeInteger(-1) }
        },
        CommandRow(connection: "client|trackinginfo", 2, flags, since: "6.2.0", "Answers that keys are not tracked.") {
            (_, connection) throws(Failure) in
            connection.reply { writer in
                writer.writeMap(count: 3)
                writer.writeBulk("flags")
                writer.writeSet(count: 1)
                writer.writeBulk("off")
                writer.writeBulk("redirect")
                writer.writeInteger(-1)
                writer.writeBulk("prefixes")
                writer.writeArray(count: 0)
            }
        },
    ]

    /// Bytes of names are kept and shown: without a limit they would be a way to fill the memory.
    private static let nameBytesMax = 1024

    static func checkedName(_ arguments: inout Arguments) throws(CommandError) -> String {
        try checkedText(&arguments, "Client names")
    }

    private static func checkedText(_ arguments: inout Arguments, _ what: String) throws(CommandError) -> String {
        let bytes = try arguments.bytes()
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .message("\(what) cannot contain spaces, newlines or special characters.")
        }
        guard bytes.count <= nameBytesMax else { throw .message("\(what) have \(nameBytesMax) bytes at most.") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func setInfo(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        if arguments.takes("LIB-NAME") {
            connection.session.libraryName = try checkedText(&arguments, "lib-name")
        } else if arguments.takes("LIB-VER") {
            connection.session.libraryVersion = try checkedText(&arguments, "lib-ver")
        } else {
            throw .message("Unrecognized option '\(try arguments.text())'")
        }
        connection.replyOK()
    }

    private static func setReplies(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        if arguments.takes("ON") {
            connection.session.replyMode = .on
            connection.isSilent = false
            connection.replyOK()
        } else if arguments.takes("OFF") {
            connection.session.replyMode = .off
            connection.isSilent = true
        } else if arguments.takes("SKIP") {
            if connection.session.replyMode != .off { connection.session.replyMode = .skipNext }
            connection.isSilent = true
        } else {
            throw .syntax
        }
    }

    private static func mode(
        _ name: String, _ since: String, _ path: any WritableKeyPath<Session, Bool> & Sendable, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, 3, flags, since: since, summary) { (arguments, connection) throws(Failure) in
            let isOn = arguments.takes("ON")
            guard isOn || arguments.takes("OFF") else { throw .syntax }
            connection.session[keyPath: path] = isOn
            connection.replyOK()
        }
    }

    // MARK: All clients

    private static let admin = flags.union([.admin, .asksAllLoops])

    private static let others: [CommandRow] = [
        CommandRow(connection: "client|list", -2, admin, since: "2.4.0", "Lists clients.") {
            (arguments, connection) throws(Failure) in
            let filter = try ClientFilter(listing: &arguments)
            connection.askAllLoops({ $0.describe(filter) }) { parts, writer in
                let lines = parts.flatMap { $0 }.sorted { $0.id < $1.id }
                writer.writeVerbatim(lines.map { $0.text + "\n" }.joined())
            }
        },
        CommandRow(connection: "client|kill", -3, admin.union(.afterReplies), since: "2.4.0", "Closes connections.") {
            (arguments, connection) throws(Failure) in try kill(&arguments, connection)
        },
        CommandRow(connection: "client|unblock", -3, admin, since: "5.0.0", "Ends the wait of a client.") {
            (arguments, connection) throws(Failure) in
            let id = UInt64(clamping: try arguments.integer())
            let withError = arguments.takes("ERROR")
            guard withError || arguments.isAtEnd || arguments.takes("TIMEOUT"), arguments.isAtEnd else {
                throw .message("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
            }
            connection.askAllLoops({ $0.connections[id]?.unblock(withError: withError) ?? false }) { parts, writer in
                writer.writeInteger(parts.contains(true) ? 1 : 0)
            }
        },
        CommandRow(connection: "client|pause", -3, admin, since: "3.0.0", "Lets commands wait for a while.") {
            (arguments, connection) throws(Failure) in
            let (time, holdsAll) = try pause(&arguments)
            connection.askAllLoops({ $0.pause(for: time, holdsAll: holdsAll) }) { _, writer in writer.writeOK() }
        },
        CommandRow(connection: "client|unpause", 2, admin, since: "6.2.0", "Lets commands go on.") {
            (_, connection) throws(Failure) in
            connection.askAllLoops({ $0.endPause() }) { _, writer in writer.writeOK() }
        },
    ]

    /// Far away, and added to any time without an overflow.
    private static let pauseMillisecondsMax = Int64.max / 4_000_000

    private static func pause(
        _ arguments: inout Arguments
    ) throws(CommandError) -> (time: TimeAmount, holdsAll: Bool) {
        guard let milliseconds = IntegerText.parse(try arguments.next()) else {
            throw .message("timeout is not an integer or out of range")
        }
        guard milliseconds >= 0 else { throw .message("timeout is negative") }
        guard milliseconds <= pauseMillisecondsMax else { throw .message("timeout is out of range") }
        let holdsAll = arguments.isAtEnd || arguments.takes("ALL")
        guard holdsAll || arguments.takes("WRITE"), arguments.isAtEnd else {
            throw .message("CLIENT PAUSE mode must be WRITE or ALL")
        }
        return (.milliseconds(milliseconds), holdsAll)
    }

    private static func kill(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        let isOldForm = arguments.remaining == 1
        let filter = isOldForm ? try ClientFilter(address: &arguments) : try ClientFilter(killing: &arguments)
        let (id, home) = (connection.id, connection.loop)
        connection.askAllLoops({ $0.kill(filter, by: id) }) { parts, writer in
            let killed = parts.flatMap { $0 }
            if !isOldForm {
                writer.writeInteger(killed.count)
            } else if killed.isEmpty {
                writer.writeError("ERR No such client")
            } else {
                writer.writeOK()
            }
            // Who kills itself gets the reply first.
            if killed.contains(id) { home.connections[id]?.end() }
        }
    }
}

/// Which clients a command is about. Nil: any.
struct ClientFilter: Sendable {
    var ids: Set<UInt64>?
    var address: String?
    var localAddress: String?
    var isSubscribed: Bool?
    var user: String?
    /// No client is of this type: replicas and masters.
    var isNobody = false
    /// Whoever asks is left out.
    var skipsAsker = false
    var secondsMin: Int64?

    private static func type(_ name: String) throws(CommandError) -> (isSubscribed: Bool, isNobody: Bool) {
        switch name.lowercased() {
        case "normal": (false, false)
        case "pubsub": (true, false)
        case "master", "replica", "slave": (false, true)
        default: throw .message("Unknown client type '\(name)'")
        }
    }

    /// `TYPE type`, or `ID id …`.
    init(listing arguments: inout Arguments) throws(CommandError) {
        guard !arguments.isAtEnd else { return }
        if arguments.remaining == 2, arguments.takes("TYPE") {
            let type = try Self.type(try arguments.text())
            (isSubscribed, isNobody) = (type.isSubscribed, type.isNobody)
        } else if arguments.remaining > 1, arguments.takes("ID") {
            var ids: Set<UInt64> = []
            while !arguments.isAtEnd {
                guard let id = IntegerText.parse(try arguments.next()) else { throw .message("Invalid client ID") }
                ids.insert(UInt64(clamping: id))
            }
            self.ids = ids
        } else {
            throw .syntax
        }
    }

    /// The form of CLIENT KILL with an address only.
    init(address arguments: inout Arguments) throws(CommandError) { address = try arguments.text() }

    /// Pairs of a name and a value.
    init(killing arguments: inout Arguments) throws(CommandError) {
        skipsAsker = true
        while !arguments.isAtEnd {
            guard arguments.remaining >= 2 else { throw .syntax }
            try readPair(&arguments)
        }
    }

    private mutating func readPair(_ arguments: inout Arguments) throws(CommandError) {
        if arguments.takes("ID") {
            guard let id = IntegerText.parse(try arguments.next()), id > 0 else {
                throw .message("client-id should be greater than 0")
            }
            ids = [UInt64(id)]
        } else if arguments.takes("ADDR") {
            address = try arguments.text()
        } else if arguments.takes("LADDR") {
            localAddress = try arguments.text()
        } else if arguments.takes("TYPE") {
            let type = try Self.type(try arguments.text())
            (isSubscribed, isNobody) = (type.isSubscribed, type.isNobody)
        } else if arguments.takes("USER") {
            let name = try arguments.text()
            guard name == "default" else { throw .message("No such user '\(name)'") }
        } else if arguments.takes("MAXAGE") {
            let seconds = try arguments.integer()
            guard seconds > 0 else { throw .message("maxage is not an integer or out of range") }
            secondsMin = seconds
        } else if arguments.takes("SKIPME") {
            skipsAsker = arguments.takes("YES")
            guard skipsAsker || arguments.takes("NO") else { throw .syntax }
        } else {
            throw .syntax
        }
    }

    func matches(_ connection: RedisConnection) -> Bool {
        guard !isNobody else { return false }
        return (ids?.contains(connection.id) ?? true) && (address.map { $0 == connection.remoteAddress } ?? true)
            && (localAddress.map { $0 == connection.localAddress } ?? true)
            && (isSubscribed.map { $0 == connection.isSubscribed } ?? true)
            && (secondsMin.map { Int64(connection.age) >= $0 } ?? true)
    }
}

extension RedisLoop {
    struct ClientLine: Sendable {
        let id: UInt64
        let text: String
    }

    fileprivate func describe(_ filter: ClientFilter) -> [ClientLine] {
        connections.values.filter { filter.matches($0) }.map { ClientLine(id: $0.id, text: $0.description) }
    }

    /// The ids of those that are closed, with the one that asks, which is closed later.
    fileprivate func kill(_ filter: ClientFilter, by asker: UInt64) -> [UInt64] {
        let matching = connections.values.filter { connection in
            filter.matches(connection) && (!filter.skipsAsker || connection.id != asker)
        }
        for connection in matching where connection.id != asker { connection.close() }
        return matching.map(\.id)
    }
}

extension RedisConnection {
    var age: UInt32 { loop.tick &- firstTick }

    /// As CLIENT LIST shows it.
    fileprivate var description: String {
        var fields: [(String, String)] = [
            ("id", "\(id)"), ("addr", remoteAddress), ("laddr", localAddress), ("name", session.name),
            ("age", "\(age)"), ("idle", "\(loop.tick &- lastTick)"), ("flags", flags), ("db", "\(session.database)"),
            ("sub", "\(subscriptions.channels.count)"), ("psub", "\(subscriptions.patterns.count)"),
            ("ssub", "\(subscriptions.shards.count)"),
            ("multi", "\(session.transaction?.steps.count ?? -1)"), ("qbuf", "\(input.readableBytes)"),
            ("qbuf-free", "\(input.writableBytes)"), ("argv-mem", "0"),
            ("multi-mem", "\(session.transaction?.bytes ?? 0)"), ("rbs", "\(output.capacity)"),
            ("obl", "\(output.readableBytes)"), ("oll", "\(ring.count)"), ("omem", "\(unsent)"),
            ("tot-mem", "\(input.capacity + output.capacity + unsent)"), ("events", "rw"),
            ("cmd", session.lastCommand?.name ?? "NULL"), ("user", "default"), ("redir", "-1"),
            ("resp", "\(session.version.rawValue)"), ("lib-name", session.libraryName),
            ("lib-ver", session.libraryVersion),
        ]
        if let unconfirmed { fields.append(("unconfirmed", "\(unconfirmed.messageCount)")) }
        return fields.map { "\($0)=\($1)" }.joined(separator: " ")
    }

    private var flags: String {
        var flags = ""
        if isSubscribed { flags += "P" }
        if session.transaction != nil { flags += "x" }
        if blocked != nil { flags += "b" }
        if phase != .open { flags += "c" }
        if session.isNotEvicted { flags += "e" }
        if session.isNotTouching { flags += "T" }
        return flags.isEmpty ? "N" : flags
    }

    /// Asks every event loop, and answers with what they say. No loop waits for another.
    func askAllLoops<Part: Sendable>(
        _ part: @escaping @Sendable (RedisLoop) -> Part,
        _ write: @escaping @Sendable ([Part], inout ReplyWriter) -> Void
    ) {
        let (number, id, home) = (promiseReply(), id, loop)
        let loops = loop.services.loops
        let gathering = Gathering<Part>(loops.count)
        for loop in loops {
            loop.eventLoop.execute {
                guard let parts = gathering.add(part(loop)) else { return loop.settle() }
                loop.settle()
                home.eventLoop.execute {
                    home.connections[id]?.fulfil(number) { write(parts, &$0) }
                    home.settle()
                }
            }
        }
    }
}

/// What loops say one after the other.
private final class Gathering<Part: Sendable>: Sendable {
    private let parts = Mutex<[Part]>([])
    private let count: Int

    init(_ count: Int) { self.count = count }

    /// All of them, when this was the last one.
    func add(_ part: Part) -> [Part]? {
        parts.withLock { parts in
            parts.append(part)
            return parts.count == count ? parts : nil
        }
    }
}
