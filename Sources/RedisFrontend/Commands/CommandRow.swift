import RESP
package import RoostModel
import Synchronization

/// What is said of a command in one row: everything that can be checked without knowing it is checked from here.
package final class CommandRow: Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let write = Self(rawValue: 1)
        package static let readonly = Self(rawValue: 2)
        /// Refused above the memory limit.
        package static let denyoom = Self(rawValue: 4)
        package static let fast = Self(rawValue: 8)
        package static let admin = Self(rawValue: 16)
        package static let pubsub = Self(rawValue: 32)
        package static let noscript = Self(rawValue: 64)
        package static let blocking = Self(rawValue: 128)
        package static let loading = Self(rawValue: 256)
        package static let stale = Self(rawValue: 512)
        /// Open to clients that have not said the password.
        package static let noAuth = Self(rawValue: 1024)
        package static let noMulti = Self(rawValue: 2048)
        /// Where keys stand depends on the arguments.
        package static let movablekeys = Self(rawValue: 4096)

        // What COMMAND does not tell.

        /// Carried out only when everything before it is answered.
        static let afterReplies = Self(rawValue: 1 << 16)
        /// Allowed to a RESP2 client that has subscribed to something.
        static let whileSubscribed = Self(rawValue: 1 << 17)
        /// Not queued after MULTI.
        static let notQueued = Self(rawValue: 1 << 18)
        /// Waits while event loops have too much to deliver.
        static let publishes = Self(rawValue: 1 << 20)
        /// Answered by all event loops together, so it has no place among the replies of EXEC.
        static let asksAllLoops = Self(rawValue: 1 << 19)
        /// As small as those that Redis calls fast, for which it does not pass there.
        static let brief = Self(rawValue: 1 << 22)
        /// Confirms nothing that was popped: the client goes.
        static let endsSession = Self(rawValue: 1 << 21)
    }

    /// Where keys stand among the arguments, the name counted: as COMMAND says it.
    package struct Keys: Sendable, Equatable {
        package var first: Int
        /// Counted from the end when negative.
        package var last: Int
        package var step: Int
        /// The argument that says how many keys follow it; zero for none.
        package var countAt = 0

        static let none = Self(first: 0, last: 0, step: 0)
        static let one = Self(first: 1, last: 1, step: 1)
        static let two = Self(first: 1, last: 2, step: 1)
        static let all = Self(first: 1, last: -1, step: 1)

        static func counted(at place: Int) -> Self { Self(first: 0, last: 0, step: 0, countAt: place) }
    }

    typealias Parse<Value> = @Sendable (inout Arguments) throws(CommandError) -> Value
    typealias Act = @Sendable (inout Arguments, RedisConnection) throws(CommandError) -> Void

    enum Handler: Sendable {
        case keys(Parse<KeyCommand>)
        /// Waits while there is nothing to take.
        case waiting(Parse<WaitingCommand>)
        /// Asks the storage for something else than keys.
        case queue(Parse<QueueCommand>)
        /// Answers by the connection.
        case connection(Act)
        /// The second argument says what it is.
        case container([CommandRow])
    }

    /// The most arguments, its name among them, with which it may be carried out where it is read; 0: never.
    private let quickCountMax: Int
    /// In small letters. That of a subcommand has its container before it: `client|id`.
    package let name: String
    private let nameBytes: Bytes
    /// Of arguments with the name; negative: at least so many.
    package let arity: Int
    package let flags: Flags
    package let keys: Keys
    package let since: String
    package let summary: String
    let handler: Handler
    /// Of a container, which is named before it.
    let isSubcommand: Bool
    /// From 0 on, in the order in which rows are made: counters are found by it.
    let number: UInt16

    private static let numbers = Atomic<UInt16>(0)

    private init(
        _ name: String, _ arity: Int, _ flags: Flags, _ keys: Keys, _ since: String, _ summary: String,
        _ handler: Handler
    ) {
        self.name = name
        nameBytes = Bytes(name.utf8)
        isSubcommand = name.utf8.contains(UInt8(ascii: "|"))
        self.arity = arity
        self.flags = flags
        quickCountMax = Self.quickCountMax(arity, flags)
        self.keys = keys
        self.since = since
        self.summary = summary
        self.handler = handler
        number = Self.numbers.add(1, ordering: .relaxed).oldValue
    }

    convenience init(
        _ name: String, _ arity: Int, _ flags: Flags, _ keys: Keys, since: String, _ summary: String,
        _ parse: @escaping Parse<KeyCommand>
    ) {
        self.init(name, arity, flags, keys, since, summary, .keys(parse))
    }

    convenience init(
        waiting name: String, _ arity: Int, _ flags: Flags, _ keys: Keys, since: String, _ summary: String,
        _ parse: @escaping Parse<WaitingCommand>
    ) {
        self.init(name, arity, flags.union([.write, .blocking]), keys, since, summary, .waiting(parse))
    }

    /// A command of Roost on the queue that its first argument names.
    convenience init(
        queue name: String, _ arity: Int, _ flags: Flags, _ summary: String, _ parse: @escaping Parse<QueueCommand>
    ) {
        let flags = flags.union([.noMulti, .noscript])
        self.init(name, arity, flags, .one, Self.firstVersion, summary, .queue(parse))
    }

    /// Of Roost, in which its own commands came.
    private static let firstVersion = "1.0.0"

    convenience init(
        connection name: String, _ arity: Int, _ flags: Flags, since: String, _ summary: String, _ act: @escaping Act
    ) {
        self.init(name, arity, flags, .none, since, summary, .connection(act))
    }

    /// The same for a command that names keys or shard channels.
    convenience init(
        connection name: String, _ arity: Int, _ flags: Flags, _ keys: Keys, since: String, _ summary: String,
        _ act: @escaping Act
    ) {
        self.init(name, arity, flags, keys, since, summary, .connection(act))
    }

    /// - Parameter helpSince: when Redis got its HELP, which is made here of the other rows.
    convenience init(
        container name: String, since: String, helpSince: String, _ summary: String, _ rows: [CommandRow]
    ) {
        self.init(
            name, -2, [], .none, since, summary, .container(rows + [.help(of: name, since: helpSince, rows)]))
    }

    /// - Parameter offset: where the name begins that is compared: behind that of the container.
    fileprivate func isNamed(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) -> Bool {
        guard bytes.count == nameBytes.count - offset else { return false }
        for index in 0..<bytes.count {
            let (byte, letter) = (bytes[index], nameBytes[offset + index])
            guard byte == letter || byte | 0x20 == letter else { return false }
        }
        return true
    }

    /// Whether it touches little and its reply is small, as far as that can be seen from the number of its arguments.
    func isQuick(_ count: Int) -> Bool { count <= quickCountMax }

    /// What adds to a key answers with a number, however much that is. What reads or removes answers more with more
    /// arguments, or with a count among them.
    private static func quickCountMax(_ arity: Int, _ flags: Flags) -> Int {
        guard flags.contains(.fast) || flags.contains(.brief) else { return 0 }
        return arity < 0 && flags.contains(.denyoom) ? 16 : abs(arity)
    }

    func accepts(_ count: Int) -> Bool { arity < 0 ? count >= -arity : count == arity }
}

/// A command that takes something, and how long it waits for that.
struct WaitingCommand: Sendable {
    var command: KeyCommand
    var wait: KeyWait
}

/// All commands, by name.
package struct CommandTable: Sendable {
    package let rows: [CommandRow]
    /// Open addressing, twice as many places as rows.
    private let places: [UInt16]

    package static let shared = CommandTable(CommandFamilies.all.flatMap(\.rows))

    init(_ rows: [CommandRow]) {
        self.rows = rows
        var places = [UInt16](repeating: .max, count: 1 << (Int.bitWidth - (rows.count * 2).leadingZeroBitCount))
        for (index, row) in rows.enumerated() {
            var place = Array(row.name.utf8).withUnsafeBytes { Self.hash($0) } & (places.count - 1)
            while places[place] != .max { place = (place + 1) & (places.count - 1) }
            places[place] = UInt16(index)
        }
        self.places = places
    }

    /// With the rows of containers behind theirs.
    func forEachRow(_ visit: (CommandRow) -> Void) {
        for row in rows {
            visit(row)
            if case .container(let rows) = row.handler { rows.forEach(visit) }
        }
    }

    @inline(__always)
    private func row(named name: UnsafeRawBufferPointer, after last: CommandRow?) -> CommandRow? {
        if let last, !last.isSubcommand, last.isNamed(name) { return last }
        return row(named: name)
    }

    package func row(named name: UnsafeRawBufferPointer) -> CommandRow? {
        var place = Self.hash(name) & (places.count - 1)
        while places[place] != .max {
            let row = rows[Int(places[place])]
            if row.isNamed(name) { return row }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// The row of a request, when its arguments are as many as they have to be. What follows is to be read next.
    ///
    /// - Parameter last: that of the request before. Mostly the next one is of the same.
    /// - Parameter refused: gets the number of the row whose number of arguments was wrong.
    func row(
        of arguments: inout Arguments, after last: CommandRow? = nil, refused: inout UInt16
    ) throws(CommandError) -> CommandRow {
        guard let row = row(named: arguments.name, after: last) else {
            throw .unknownCommand(Bytes(arguments.name), arguments: try arguments.rest())
        }
        guard row.accepts(arguments.count) else { throw wrongArity(row, &refused) }
        guard case .container(let rows) = row.handler else { return row }
        let name = try arguments.next()
        let prefix = row.name.utf8.count + 1
        guard let row = rows.first(where: { $0.isNamed(name, from: prefix) }) else {
            throw .unknownSubcommand(Bytes(name), of: row.name)
        }
        guard row.accepts(arguments.count) else { throw wrongArity(row, &refused) }
        return row
    }

    private func wrongArity(_ row: CommandRow, _ refused: inout UInt16) -> CommandError {
        refused = row.number
        return .wrongArity(StaticCommandName(text: row.name))
    }

    /// The command on keys that a request is, or why there is none.
    package func parse(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        var refused = UInt16.max
        switch try row(of: &arguments, refused: &refused).handler {
        case .keys(let parse): return try arguments.whole(parse)
        case .waiting(let parse): return try arguments.whole(parse).command
        case .queue, .connection, .container: throw .message("this is no command on keys")
        }
    }

    /// FNV-1a over small letters. Names are ours; what is looked up ends at the first place that is empty.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte | 0x20)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7FFF_FFFF)
    }
}

extension Arguments {
    /// What `parse` makes of all of them.
    mutating func whole<Value>(_ parse: CommandRow.Parse<Value>) throws(CommandError) -> Value {
        let value = try parse(&self)
        guard isAtEnd else { throw .syntax }
        return value
    }
}
