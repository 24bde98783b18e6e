import Logging
import NIOCore
import RESP
import RoostModel
import RoostStorage
import Synchronization

// Writes replies, in the order of the requests. Everything that a connection says to its client goes through `append`.
extension RedisConnection {
    /// So much is gathered before it is handed to the channel in the middle of a turn.
    private static var gatheredBytesMax: Int { 256 * 1024 }

    // MARK: Known at once

    /// A new command: whether it is answered.
    func beginReply() {
        switch session.replyMode {
        case .on: isSilent = false
        case .off: isSilent = true
        case .skipNext:
            isSilent = true
            session.replyMode = .on
        }
    }

    /// Answers the command that is carried out. The reply waits until its turn has come.
    func reply(_ write: (inout ReplyWriter) -> Void) {
        guard !isSilent else { return }
        encode(write) { bytes in
            if ring.isEmpty {
                append(bytes)
            } else {
                let rest = PendingReply.Rest(.written(bytes))
                _ = ring.append(PendingReply(kind: .written, isSilent: false, rest: rest))
                noteWaiting(rest, bytes.count)
            }
        }
    }

    /// The same for a command whose turn has come.
    func answer(_ write: (inout ReplyWriter) -> Void) {
        guard !isSilent else { return }
        encode(write) { append($0) }
    }

    func replyOK() { reply { $0.writeOK() } }

    func refuse(_ error: CommandError) {
        let text = error.text
        loop.noteError(text)
        reply { $0.writeError(text) }
    }

    private func encode(_ write: (inout ReplyWriter) -> Void, _ use: (Bytes) -> Void) {
        var writer = loop.takeWriter()
        writer.version = session.version
        write(&writer)
        use(writer.bytes)
        guard writer.bytes.capacity <= RedisLoop.keptBytesMax else { return }
        // Mostly nobody else holds the bytes by now, and their memory is used again.
        writer.clear()
        loop.keepWriter(consume writer)
    }

    // MARK: Known later

    /// The storage has answered.
    ///
    /// - Parameter low: the lower half of the number of the reply.
    func complete(_ low: UInt32, _ result: StorageResult) {
        let number = ring.number(low)
        if phase != .closed, ring.isFirst(number) {
            let entry = ring.removeFirst()
            endRequest(entry)
            write(entry, result)
            writeAnswered()
            touch()
        } else if phase == .closed, let entry = ring.setAnswer(.written([]), of: number) {
            endRequest(entry)
            dropReply(entry, result)
            if answersDue == 0 { loop.forget(self) }
        } else if let entry = ring.setAnswer(.storage(result), of: number) {
            endRequest(entry)
            if case .success(let reply) = result, let rest = entry.rest { noteWaiting(rest, reply.byteCount) }
        }
    }

    /// A reply that waits for one before it.
    private func noteWaiting(_ rest: PendingReply.Rest, _ count: Int) {
        let before = waiting.bytes
        rest.waitingBytes = count
        waiting.add(count, load)
        if isTooMuch(before) { endUnread() }
    }

    /// What it took is free again.
    private func endRequest(_ entry: PendingReply) {
        answersDue &-= 1
        if entry.requestBytes > 0 { release(entry.requestBytes) }
        guard case .waiting = entry.kind else { return loop.noteDuration(since: entry.start) }
        loop.counters.add(.calls, entry.row)
        loop.services.statistics.blockedClients.subtract(1, ordering: .relaxed)
        if phase == .closed { blocked = nil }
    }

    func release(_ count: Int) {
        let wasShort = held.isLarge && load.isRequestRoomShort
        held.remove(count, load)
        if wasShort, !load.isRequestRoomShort { loop.roomCameFree() }
    }

    /// The client is gone. A watch that came too late for it is of no use to anybody, and leased messages go back.
    func dropReply(_ entry: PendingReply, _ result: StorageResult) {
        entry.rest?.whenGone?(self, result)
        entry.rest?.dropActions()
        switch result {
        case .success(.watching(let watch)): loop.tell(.unwatch(watch))
        case .success(.received(let messages)):
            guard let queue = entry.rest?.leasesFrom else { return }
            for message in messages { loop.tell(.giveBack(queue, message.handle)) }
        case .success(.leased(_, let lease)): release(lease)
        default: break
        }
    }

    /// What `promiseReply` promised.
    func fulfil(_ number: Int, _ write: (inout ReplyWriter) -> Void) {
        guard phase != .closed else { return }
        encode(write) { bytes in
            if let rest = ring.setAnswer(.written(bytes), of: number)?.rest { noteWaiting(rest, bytes.count) }
        }
        writeAnswered()
        touch()
    }

    private func writeAnswered() {
        while let answer = ring.firstAnswer {
            let entry = ring.removeFirst()
            if let count = entry.rest?.waitingBytes, count > 0 { waiting.add(-count, load) }
            switch answer {
            case .storage(let result): write(entry, result)
            case .written(let bytes): if !entry.isSilent { append(bytes) }
            }
        }
    }

    private func write(_ entry: PendingReply, _ result: StorageResult) {
        switch entry.kind {
        case .keys: writeReply(result, entry)
        case .waiting: writeTaken(result, entry)
        case .action:
            isSilent = entry.isSilent
            entry.rest?.action?(self, result)
        case .written: break
        }
    }

    func writeReply(_ result: StorageResult, _ entry: PendingReply) {
        loop.writer.version = session.version
        if loop.writer.write(result) { noteError(result, entry) }
        if case .success(.leased(_, let lease)) = result { hold(lease) }
        if !entry.isSilent { append(loop.writer.bytes) }
        loop.clearWriter()
    }

    /// The reply to a command that was carried out where it was read.
    func writeReply(_ reply: borrowing KeyReply, _ row: CommandRow) {
        loop.writer.version = session.version
        if loop.writer.writeOne(reply) { noteError(isRejection: reply == .failure(.outOfMemory), row.number) }
        if !isSilent { append(loop.writer.bytes) }
        loop.clearWriter()
    }

    private func noteError(_ result: StorageResult, _ entry: PendingReply) {
        let isRejection = result == .success(.key(.failure(.outOfMemory))) || result == .failure(.outOfMemory)
        noteError(isRejection: isRejection, entry.row)
    }

    /// What finds no room is refused before it does anything.
    private func noteError(isRejection: Bool, _ row: UInt16) {
        loop.noteError(loop.writer.errorCode, isRejection ? .rejected : .failed, of: row)
    }

    /// A wait is over.
    private func writeTaken(_ result: StorageResult, _ entry: PendingReply) {
        let endsWithError = blocked?.endsWithError ?? false
        blocked = nil
        guard Self.isNothing(result) else { return writeReply(result, entry) }
        guard !entry.isSilent else { return }
        encode({ writer in
            if endsWithError {
                writer.writeError("UNBLOCKED client unblocked via CLIENT UNBLOCK")
            } else if case .success(.received) = result {
                writer.writeArray(count: 0)
            } else {
                writer.writeNullArray()
            }
        }) { append($0) }
    }

    private static func isNothing(_ result: StorageResult) -> Bool {
        switch result {
        case .success(.keys(let replies)): replies.first == .null || replies.first == .nullArray
        case .success(.received(let messages)): messages.isEmpty
        case .success, .failure: false
        }
    }

    // MARK: Output

    /// Bytes of one or more whole replies, or a message of a channel.
    func append(_ bytes: Bytes) {
        guard canTake(bytes.count) else { return }
        if output.capacity == 0 { output = loop.takeOutput(bytes.count) }
        output.writeBytes(bytes)
        if output.readableBytes > Self.gatheredBytesMax { flush() }
        touch()
    }

    /// The same, without a copy of what many connections get.
    func append(shared bytes: ByteBuffer) {
        guard canTake(bytes.readableBytes) else { return }
        guard gate == 0 else {
            output.writeImmutableBuffer(bytes)
            return touch()
        }
        flush()
        output = bytes
        touch()
        flush()
    }

    private func canTake(_ count: Int) -> Bool {
        guard phase == .open || phase == .ending else { return false }
        let held = gate == 0 ? unsent : unsent &+ output.readableBytes
        guard isTooMuch(held, adding: count) else { return true }
        endUnread()
        return false
    }

    /// One reply may be as large as it is: only what stands before it counts for the limit of the connection.
    private func isTooMuch(_ count: Int, adding new: Int = 0) -> Bool {
        let max = isSubscribed ? limits.subscriberOutputBytesMax : limits.outputBytesMax
        return count > max || count &+ new > Self.gatheredBytesMax && load.isOutputFull
    }

    private func endUnread() {
        loop.logger.warning(
            "A Redis client is closed: it does not read its replies, or asks for too many at once",
            metadata: [
                "client": "\(remoteAddress)", "unsent": "\(unsent)", "waiting": "\(waiting.bytes)",
                "subscribed": "\(isSubscribed)",
            ])
        close()
    }

    func flush() {
        guard gate == 0, output.readableBytes > 0, let context else { return }
        let bytes = output
        output = ByteBuffer()
        isFlushing = true
        if unconfirmed?.hasUnflushed ?? false {
            flushPops(bytes, context)
        } else {
            context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        }
        isFlushing = false
        loop.keepOutput(bytes)
        if !isWritable || unsent > 0 { measureUnsent() }
    }

    func measureUnsent() {
        guard phase != .closed, let context else { return }
        let count = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        load.changeOutput(by: count &- unsent)
        unsent = count
    }
}

extension ReplyWriter {
    /// What the storage answered to one command on keys. True when that is an error.
    @discardableResult
    mutating func write(_ result: StorageResult) -> Bool {
        switch result {
        case .success(.key(let reply)): return writeOne(reply)
        case .success(.keys(let replies)):
            if let reply = replies.first { return writeOne(reply) }
        case .success(.leased(let reply, _)): return writeOne(reply)
        case .success(.sent(let message)):
            writeBulk(Bytes(message.id.description.utf8))
            return false
        case .success(.received(let messages)):
            write(messages)
            return false
        case .success(.done):
            writeOK()
            return false
        case .success(.count(let count)):
            writeInteger(Int64(count))
            return false
        case .success(.queue(let queue)):
            writeInteger(Int64(queue.counts.ready))
            return false
        case .success: break
        case .failure(let rejection):
            writeError(rejection.redisText)
            return true
        }
        writeError("ERR the storage gave an answer of another kind than was asked for")
        return true
    }

    /// Of an error that was written into an empty writer.
    var errorCode: String {
        String(decoding: bytes.dropFirst().prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    }

    /// True when the reply is an error.
    mutating func writeOne(_ reply: KeyReply) -> Bool {
        write(reply)
        if case .failure = reply { return true }
        return false
    }
}
