package import RoostModel

/// What is said of a command in one row: everything that can be checked without knowing it is checked from here.
package struct CommandRow: Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let write = Self(rawValue: 1)
        package static let readonly = Self(rawValue: 2)
        /// Refused above the memory limit.
        package static let denyoom = Self(rawValue: 4)
        package static let fast = Self(rawValue: 8)
        /// Where keys stand depends on the arguments.
        package static let movablekeys = Self(rawValue: 16)
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

    package let name: String
    /// Of arguments with the name; negative: at least so many.
    package let arity: Int
    package let flags: Flags
    package let keys: Keys
    package let since: String
    package let summary: String
    package let parse: @Sendable (inout Arguments) throws(CommandError) -> KeyCommand

    init(
        _ name: String, _ arity: Int, _ flags: Flags, _ keys: Keys, since: String, _ summary: String,
        _ parse: @escaping @Sendable (inout Arguments) throws(CommandError) -> KeyCommand
    ) {
        self.name = name
        self.arity = arity
        self.flags = flags
        self.keys = keys
        self.since = since
        self.summary = summary
        self.parse = parse
    }

    fileprivate func accepts(_ count: Int) -> Bool { arity < 0 ? count >= -arity : count == arity }
}

/// All commands on keys, by name.
package struct CommandTable: Sendable {
    package let rows: [CommandRow]
    /// Open addressing, twice as many places as rows.
    private let places: [UInt16]

    package static let shared = CommandTable(
        [
            StringCommands.rows, ListCommands.rows, HashCommands.rows, SetCommands.rows, SortedSetCommands.rows,
            GenericCommands.rows,
        ].flatMap(\.self))

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

    package func row(named name: UnsafeRawBufferPointer) -> CommandRow? {
        var place = Self.hash(name) & (places.count - 1)
        while places[place] != .max {
            let row = rows[Int(places[place])]
            if Self.isName(name, row.name) { return row }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// The command of a request, or why there is none.
    package func parse(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        guard let row = row(named: arguments.name) else {
            throw .unknownCommand(Bytes(arguments.name), arguments: try arguments.rest())
        }
        guard row.accepts(arguments.count) else { throw .wrongArity(StaticCommandName(text: row.name)) }
        let command = try row.parse(&arguments)
        guard arguments.isAtEnd else { throw .syntax }
        return command
    }

    private static func isName(_ bytes: UnsafeRawBufferPointer, _ name: String) -> Bool {
        bytes.count == name.utf8.count && zip(bytes, name.utf8).allSatisfy { $0 | 0x20 == $1 || $0 == $1 }
    }

    /// FNV-1a over small letters. Names are ours; what is looked up ends at the first place that is empty.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte | 0x20)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7FFF_FFFF)
    }
}
