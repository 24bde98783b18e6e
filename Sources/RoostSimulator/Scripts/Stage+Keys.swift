import RoostModel
import RoostStorage

// Commands on keys of database 0, some of which are queues.

extension Stage {
    /// One command, or several as a transaction.
    func run(_ commands: KeyCommand..., ifHeld watch: UInt64? = nil) throws(Mismatch) {
        try ask([.keys(KeyRequest(commands, watch: watch))])
    }

    /// Hands a transaction over and runs a turn, and does not wait for anything.
    func begin(_ commands: KeyCommand...) throws(Mismatch) { try begin([.keys(KeyRequest(commands))]) }

    /// One that waits for ever.
    func wait(for keys: String..., by command: ([Bytes]) -> ListCommand) throws(Mismatch) {
        let keys = keys.map { Bytes($0.utf8) }
        try ask([.keys(KeyRequest([.list(command(keys))], wait: KeyWait(keys, timeout: nil)))])
    }

    /// Under the number that the books have for it then.
    func watch(_ keys: String...) throws(Mismatch) {
        try ask([.watch(database: 0, keys.map { Bytes($0.utf8) }, under: nil)])
    }

    var watchNumber: UInt64? { world.books.keyBooks.watches.keys.max() }

    /// The client that waits for longest goes away.
    func cancelFirst() {
        guard !world.isGone, let call = world.books.calls.first(where: \.canWait) else { return }
        world.books.cancelled(call.token)
        world.cancel(call.token)
    }

    /// Who waits still, in the order in which they began. After a fault nothing is expected.
    ///
    /// - Parameter receives: of each, whether it is a receive.
    func expectWaiting(receives: Bool...) throws(Mismatch) {
        let isUndisturbed = !world.books.mayBeFull && !world.books.mayBeUnread && !world.books.permits.damage
        guard !world.isGone, isUndisturbed else { return }
        let waiting = world.books.calls.filter(\.canWait).map { call in
            if case .receive = call.request { true } else { false }
        }
        try requireEqual(waiting, receives, "those who wait, and whether they receive")
    }

    func bind(_ queue: String, to pattern: String) throws(Mismatch) {
        try change(queue, ChannelBinding.change(of: [pattern], isBound: true))
    }

    /// Elements, each another one.
    func elements(_ count: Int, bytes: Int = 20) -> [Bytes] {
        message(8 * count).body.chunks(of: 8).map { word in
            let text = word.map { String($0, radix: 16) }.joined()
            return Bytes((text + String(repeating: "x", count: max(bytes - text.utf8.count, 0))).utf8)
        }
    }
}

extension [UInt8] {
    fileprivate func chunks(of count: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
    }
}

extension KeyCommand {
    static func push(_ key: String, _ elements: [Bytes]) -> Self {
        .list(.push(Bytes(key.utf8), .right, elements, onlyExisting: false))
    }

    static func pop(_ key: String, _ count: Int? = nil) -> Self { .list(.pop(Bytes(key.utf8), .left, count: count)) }

    static func move(_ from: String, _ to: String) -> Self {
        .list(.move(from: Bytes(from.utf8), .left, to: Bytes(to.utf8), .right))
    }

    static func range(_ key: String) -> Self { .list(.range(Bytes(key.utf8), start: 0, end: -1)) }

    static func delete(_ keys: String...) -> Self { .key(.delete(keys.map { Bytes($0.utf8) })) }

    static func publish(_ channel: String, _ body: Bytes) -> Self { .publish(channel: Bytes(channel.utf8), body) }
}
