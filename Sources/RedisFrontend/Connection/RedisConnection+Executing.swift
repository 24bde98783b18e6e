import Logging
import NIOCore
import RESP
import RoostModel
import RoostStorage
import Synchronization

// Carries out requests.
extension RedisConnection {
    func execute(_ arguments: inout Arguments) {
        loop.commandsInTurn &+= 1
        beginReply()
        do throws(CommandError) {
            let row = try admitted(&arguments)
            if unconfirmed != nil, !row.flags.contains(.endsSession) { confirmPops() }
            session.lastCommand = row
            if let pause = loop.pause, pause.holds(row, in: session.transaction) {
                return postpone(StoredRequest(row, arguments), .pause)
            }
            try enterOrCarryOut(row, &arguments)
        } catch {
            if case .unknownCommand(let name, _) = error, Self.isOfHTTP(name) { return endHTTP() }
            // The client has gone on, whatever it said.
            if unconfirmed != nil { confirmPops() }
            refuse(error)
        }
    }

    private func enterOrCarryOut(_ row: CommandRow, _ arguments: inout Arguments) throws(CommandError) {
        if session.transaction != nil, !row.flags.contains(.notQueued) {
            try enter(row, arguments)
        } else {
            try carryOut(row, &arguments)
        }
    }

    private func enter(_ row: CommandRow, _ arguments: Arguments) throws(CommandError) {
        do throws(CommandError) {
            try queue(row, arguments)
        } catch {
            loop.counters.add(.rejected, row.number)
            throw error
        }
    }

    // MARK: HTTP

    /// The beginnings of lines that every browser sends.
    private static func isOfHTTP(_ name: Bytes) -> Bool {
        name.withUnsafeBytes { equalsIgnoringCase($0, "POST") || equalsIgnoringCase($0, "HOST:") }
    }

    /// A web page made a browser speak to this port. Its lines would pass for inline commands, so none of what follows
    /// is carried out (Redis does the same).
    private func endHTTP() {
        loop.logger.warning(
            "A connection to the Redis port spoke HTTP and is closed: a web page may try to send commands",
            metadata: ["client": "\(remoteAddress)"])
        end()
    }

    // MARK: One command

    /// The row of a request that may be carried out.
    private func admitted(_ arguments: inout Arguments) throws(CommandError) -> CommandRow {
        var refused = UInt16.max
        do throws(CommandError) {
            let row = try CommandTable.shared.row(of: &arguments, after: session.lastCommand, refused: &refused)
            refused = row.number
            guard session.isAuthenticated || row.flags.contains(.noAuth) else { throw .noAuthentication }
            guard !isSubscribed || session.version == .three || row.flags.contains(.whileSubscribed) else {
                throw .onlyWhileSubscribed(row.name)
            }
            return row
        } catch {
            loop.counters.add(.rejected, refused)
            if error == .wrongArity(StaticCommandName(text: "exec")) { throw abortTransaction(error) }
            session.transaction?.isRefused = true
            throw error
        }
    }

    /// Carries out what had to wait, and answers, whatever comes.
    ///
    /// - Parameter mayEnter: it waited before it was known whether it goes into a transaction.
    func perform(_ request: StoredRequest, mayEnter: Bool = false) {
        do throws(CommandError) {
            try request.withArguments { (arguments) throws(CommandError) in
                if mayEnter {
                    try enterOrCarryOut(request.row, &arguments)
                } else {
                    try carryOut(request.row, &arguments)
                }
            }
        } catch {
            refuse(error)
        }
    }

    private func carryOut(_ row: CommandRow, _ arguments: inout Arguments) throws(CommandError) {
        do throws(CommandError) {
            try handle(row, &arguments)
        } catch {
            loop.counters.add(.failed, row.number)
            throw error
        }
    }

    /// A command that waits counts when it is answered, as in Redis.
    private func handle(_ row: CommandRow, _ arguments: inout Arguments) throws(CommandError) {
        switch row.handler {
        case .keys(let parse):
            loop.counters.add(.calls, row.number)
            let size = arguments.heldBytes
            let command = try arguments.whole(parse)
            if row.isQuick(arguments.count), answersAtOnce(command, row) {
                isDoneAtOnce = size <= Self.quickInputBytesMax
                return
            }
            submit(request(command), .keys, row, bytes: size)
        case .waiting(let parse):
            let size = arguments.heldBytes
            let waiting = try arguments.whole(parse)
            let request = KeyRequest(
                database: session.database, [waiting.command], leases: !isSilent, wait: waiting.wait)
            let token = submit(.keys(request), .waiting, row, bytes: size)
            blocked = BlockedCall(token: token, keys: waiting.wait.keys)
            loop.services.statistics.blockedClients.add(1, ordering: .relaxed)
        case .queue(let parse): carryOut(try arguments.whole(parse), row, bytes: arguments.heldBytes)
        case .connection(let act):
            guard isAnswered || !waitsForReplies(row) else {
                return postpone(StoredRequest(row, arguments), .replies)
            }
            if row.flags.contains(.publishes), !isInTransaction, !loop.mayPublish(self) {
                return postpone(StoredRequest(row, arguments), .mailboxes)
            }
            loop.counters.add(.calls, row.number)
            try act(&arguments, self)
        case .container: throw .syntax
        }
    }

    /// Of the arguments of a command that takes no time.
    private static var quickInputBytesMax: Int { 4096 }
    /// Of replies that are gathered, above which a command takes the usual way, which counts what its answers take.
    private static var quickOutputBytesMax: Int { 64 * 1024 }

    /// Messages of channels may be large, and many get the same: they do not wait behind gates.
    private var mayCarryOutAtOnce: Bool {
        ring.isEmpty && !isSubscribed && loop.gates.lets(self) && output.readableBytes <= Self.quickOutputBytesMax
            && !load.isOutputFull && loop.hasTimeAtOnce()
    }

    /// False: it has to take the usual way, through a turn of the storage.
    private func answersAtOnce(_ command: KeyCommand, _ row: CommandRow) -> Bool {
        guard mayCarryOutAtOnce,
            let done = loop.services.storage.carryOutAtOnce(
                command, database: session.database, goesOn: goesOn && !loop.looksAtClock)
        else { return false }
        loop.noteAtOnce()
        if done.isOnDisk {
            loop.settleWithTurn()
            loop.noteNoDuration()
        } else {
            loop.holdReply(of: self, bytes: done.reply.byteCount)
        }
        writeReply(done.reply, row)
        return true
    }

    /// A pop whose reply is left out could not be confirmed: it is final.
    private func request(_ command: KeyCommand) -> StorageRequest {
        isSilent
            ? .keys(KeyRequest(database: session.database, [command])) : .key(command, database: session.database)
    }

    private func carryOut(_ command: QueueCommand, _ row: CommandRow, bytes: Int) {
        let rest = command.leasesFrom.map { PendingReply.Rest(nil, leasesFrom: $0) }
        guard command.waits else {
            loop.counters.add(.calls, row.number)
            submit(command.request, .keys, row, bytes: bytes, rest)
            return
        }
        blocked = BlockedCall(token: submit(command.request, .waiting, row, bytes: bytes, rest))
        loop.services.statistics.blockedClients.add(1, ordering: .relaxed)
    }

    private func waitsForReplies(_ row: CommandRow) -> Bool {
        row.flags.contains(.afterReplies)
            || row.flags.contains(.notQueued) && session.transaction?.hasRequests ?? false
    }

    // MARK: Asking the storage

    @discardableResult
    private func submit(
        _ request: consuming StorageRequest, _ kind: PendingReply.Kind, _ row: CommandRow? = nil, bytes: Int,
        _ rest: PendingReply.Rest? = nil
    ) -> UInt64 {
        let entry = PendingReply(
            kind: kind, isSilent: isSilent, row: row?.number ?? .max, start: loop.requestStart(), requestBytes: bytes,
            rest: rest)
        _ = held.add(bytes, load)
        return loop.submit(request, for: self, ring.append(entry))
    }

    /// Asks, and goes on with `action` when everything before is answered, or with `whenGone` when the client is gone.
    func ask(
        _ request: StorageRequest, bytes: Int = 0,
        whenGone: ((RedisConnection, StorageResult) -> Void)? = nil,
        _ action: @escaping (RedisConnection, StorageResult) -> Void
    ) {
        submit(request, .action, bytes: bytes, PendingReply.Rest(nil, whenGone: whenGone, action: action))
    }

    /// The number of a reply that is made elsewhere, and its place.
    func promiseReply() -> Int { ring.append(PendingReply(kind: .written, isSilent: isSilent)) }

    // MARK: CLIENT UNBLOCK

    /// False when nothing waits here.
    func unblock(withError: Bool) -> Bool {
        guard let blocked else { return false }
        self.blocked?.endsWithError = withError
        loop.cancel(blocked.token)
        return true
    }
}
