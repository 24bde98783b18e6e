import RESP
import RoostModel
import RoostStorage
import Synchronization

// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
extension RedisConnection {
    var isInTransaction: Bool { session.transaction != nil || isCarryingOutTransaction }

    // MARK: Queueing

    func beginTransaction() throws(CommandError) {
        guard session.transaction == nil else { throw .message("MULTI calls can not be nested") }
        session.transaction = Transaction(database: session.database)
        replyOK()
    }

    func queue(_ row: CommandRow, _ arguments: Arguments) throws(CommandError) {
        guard !row.flags.contains(.noMulti), !row.flags.contains(.asksAllLoops) else {
            session.transaction?.isRefused = true
            throw .message("Command not allowed inside a transaction")
        }
        let size =
            arguments.byteCount &+ Transaction.bytesPerCommand &+ arguments.count &* Arguments.bytesPerArgument
        try reserve(size)
        // What was refused is not kept.
        if let transaction = session.transaction, !transaction.isRefused { enqueue(row, arguments) }
        reply { $0.writeSimpleString("QUEUED") }
    }

    private func reserve(_ size: Int) throws(CommandError) {
        guard let transaction = session.transaction, !transaction.isRefused else { return }
        let bytes = transaction.bytes &+ size
        guard bytes <= limits.requestBytesMax, held.setQueued(bytes, load) else {
            dropTransactionBytes()
            session.transaction?.refuse()
            throw .coded("OOM the commands of the transaction take more than \(limits.requestBytesMax) bytes")
        }
        session.transaction?.bytes = bytes
    }

    private func dropTransactionBytes() {
        _ = held.setQueued(0, load)
        session.transaction?.bytes = 0
    }

    private func enqueue(_ row: CommandRow, _ arguments: Arguments) {
        var arguments = arguments
        do throws(CommandError) {
            switch row.handler {
            case .keys(let parse): session.transaction?.add(try arguments.whole(parse), row)
            // A transaction does not wait.
            case .waiting(let parse): session.transaction?.add(try arguments.whole(parse).command, row)
            case .connection where row.name == "publish":
                session.transaction?.addPublication(try arguments.bytes(), try arguments.bytes(), row)
            case .connection:
                session.transaction?.add(StoredRequest(row, arguments))
                if row.name == "select", let number = database(&arguments) { session.transaction?.selected = number }
            case .queue, .container: throw .syntax
            }
        } catch {
            session.transaction?.steps.append(.refused(error, row: row.number))
        }
    }

    /// The database that SELECT will take, if it will.
    private func database(_ arguments: inout Arguments) -> UInt8? {
        guard let number = try? arguments.integer(), number >= 0, number < loop.services.configuration.databases else {
            return nil
        }
        return UInt8(clamping: number)
    }

    // MARK: Carrying out

    func executeTransaction() throws(CommandError) {
        guard let transaction = session.transaction else { throw .message("EXEC without MULTI") }
        dropTransactionBytes()
        session.transaction = nil
        let watch = takeWatch()
        if let refusal = refusal(of: transaction) {
            if let watch { loop.tell(.unwatch(watch)) }
            throw refusal
        }
        guard !transaction.commands.isEmpty || watch != nil else {
            guard !transaction.hasRequests else { return carryOut(transaction, []) }
            return reply { Self.write(transaction, [], to: &$0) }
        }
        let request = KeyRequest(
            database: transaction.database ?? session.database, transaction.commands, watch: watch)
        if transaction.hasRequests { hold = .replies }
        ask(
            .keys(request), bytes: transaction.bytes,
            whenGone: { $0.finishForNobody(transaction, watch, $1) }
        ) { connection, result in
            connection.finish(transaction, watch, result)
        }
    }

    private func refusal(of transaction: Transaction) -> CommandError? {
        if transaction.isRefused { return .coded("EXECABORT Transaction discarded because of previous errors.") }
        guard transaction.spansDatabases else { return nil }
        return .coded(
            "EXECABORT Transaction discarded because of: its commands use keys of more than one database, which one "
                + "transaction cannot do here")
    }

    private func finish(_ transaction: Transaction, _ watch: UInt64?, _ result: StorageResult) {
        switch result {
        case .success(.keys(let replies)): carryOut(transaction, replies)
        case .success(.watchBroken): answer { $0.writeNullArray() }
        case .success: answer { $0.write(result) }
        case .failure(let rejection):
            if let watch { loop.tell(.unwatch(watch)) }
            let text = "EXECABORT Transaction discarded because of: " + rejection.redisText
            loop.noteError(text)
            answer { $0.writeError(text) }
        }
    }

    private func carryOut(_ transaction: Transaction, _ replies: [KeyReply]) {
        count(transaction, replies)
        guard transaction.hasRequests else {
            return answer { Self.write(transaction, replies, to: &$0) }
        }
        isCarryingOutTransaction = true
        defer { isCarryingOutTransaction = false }
        var replies = replies[...]
        answer { $0.writeArray(count: transaction.steps.count) }
        for step in transaction.steps {
            switch step {
            case .keys:
                let reply = replies.popFirst() ?? .null
                answer { $0.write(reply) }
            case .publication(let channel, let message, _): finishPublication(channel, message, replies.popFirst())
            case .refused(let error, _): answer { $0.write(error) }
            case .request(let request): perform(request)
            }
        }
    }

    /// Its commands; requests count when they are carried out.
    private func count(_ transaction: Transaction, _ replies: [KeyReply]) {
        var replies = replies[...]
        for step in transaction.steps {
            switch step {
            case .keys(let row), .publication(_, _, let row):
                loop.counters.add(.calls, row)
                if case .failure(let error)? = replies.popFirst() { loop.noteError(error.text, of: row) }
            case .refused(let error, let row):
                loop.counters.add(.calls, row)
                loop.noteError(error.text, of: row)
            case .request: break
            }
        }
    }

    /// The client is gone. What it published is delivered all the same.
    private func finishForNobody(_ transaction: Transaction, _ watch: UInt64?, _ result: StorageResult) {
        guard case .success(.keys(let replies)) = result else {
            if case .failure = result, let watch { loop.tell(.unwatch(watch)) }
            return
        }
        var rest = replies[...]
        for step in transaction.steps {
            switch step {
            case .keys: _ = rest.popFirst()
            case .publication(let channel, let message, _):
                if case .integer? = rest.popFirst() { _ = deliver(.channel, channel, message) }
            case .refused, .request: break
            }
        }
    }

    /// What a bound queue refused is not delivered either.
    private func finishPublication(_ channel: Bytes, _ message: Bytes, _ reply: KeyReply?) {
        guard case .integer(let queues)? = reply else { return answer { $0.write(reply ?? .null) } }
        let count = deliver(.channel, channel, message)
        answer { $0.writeInteger(queues + Int64(count)) }
    }

    private static func write(_ transaction: Transaction, _ replies: [KeyReply], to writer: inout ReplyWriter) {
        var replies = replies[...]
        writer.writeArray(count: transaction.steps.count)
        for step in transaction.steps {
            switch step {
            case .keys, .publication: writer.write(replies.popFirst() ?? .null)
            case .refused(let error, _): writer.write(error)
            case .request: writer.writeNull()
            }
        }
    }

    /// EXEC was said in a way that ends the transaction.
    func abortTransaction(_ error: CommandError) -> CommandError {
        dropTransaction()
        return .coded("EXECABORT Transaction discarded because of: \(error.text.dropFirst("ERR ".count))")
    }

    func discardTransaction() throws(CommandError) {
        guard session.transaction != nil else { throw .message("DISCARD without MULTI") }
        dropTransaction()
        replyOK()
    }

    func dropTransaction() {
        dropTransactionBytes()
        session.transaction = nil
        unwatch()
    }

    // MARK: Watching

    func watch(_ keys: [Bytes]) throws(CommandError) {
        guard session.transaction == nil else { throw .message("WATCH inside MULTI is not allowed") }
        let bytes = try requireRoom(for: keys)
        hold = .replies
        ask(.watch(database: session.database, keys, under: session.watch)) { connection, result in
            switch result {
            case .success(.watching(let number)):
                connection.startWatch(number, bytes: bytes)
                connection.answer { $0.writeOK() }
            case .success, .failure:
                connection.noteNames()
                connection.answer { $0.write(result) }
            }
        }
    }

    private func startWatch(_ number: UInt64, bytes: Int) {
        session.watchedBytes &+= bytes
        noteNames()
        if session.watch == nil { loop.services.statistics.watchingClients.add(1, ordering: .relaxed) }
        session.watch = number
    }

    func takeWatch() -> UInt64? {
        guard let watch = session.watch else { return nil }
        loop.services.statistics.watchingClients.subtract(1, ordering: .relaxed)
        session.watch = nil
        session.watchedBytes = 0
        noteNames()
        return watch
    }

    func unwatch() {
        if let watch = takeWatch() { loop.tell(.unwatch(watch)) }
    }
}
