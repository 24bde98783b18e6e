import Glibc
import RoostCore
import RoostLog
import RoostModel
import RoostStorage

// Bodies on their way to clients: from memory, from the page cache, or from the disk.

/// What has to go into the log because of something that was found between two turns.
enum FollowUp {
    case damage(slot: UInt32, number: UInt64)
    case giveBack(QueueName, ReceiptHandle)
    /// The log ends in the middle of a transaction.
    case voidTransaction
}

extension Engine {
    /// The first look for the bodies of a reply.
    mutating func begin(_ reply: consuming OutgoingReply) -> Outcome {
        // What earlier replies brought into the cache is not in use any more.
        bodies.trim(writtenThrough: log.releasableSequence)
        return complete(reply)
    }

    /// Answers when all bodies are at hand. Otherwise the reply waits for reads, and comes by itself.
    private mutating func complete(_ reply: consuming OutgoingReply) -> Outcome {
        var reply = reply
        var target: BodyRead.Target?
        for place in reply.messages.indices {
            guard case .missing = reply.messages[place].body, let needed = fill(&reply.messages[place]) else {
                continue
            }
            target = target ?? needed
        }
        guard let target else { return finished(reply) }
        reads.wait(reply, for: target)
        return .waiting
    }

    /// Gets the body, or starts to read it: then returns what is being read.
    private mutating func fill(_ message: inout OutgoingMessage) -> BodyRead.Target? {
        while true {
            switch bodies.find(message.location) {
            case .trusted(let payload):
                message.body = ownContent(payload, at: message.location)
                return nil
            case .read(let frame):
                bodiesRead += 1
                if let body = checkedContent(frame, of: message) {
                    message.body = body
                    return nil
                }
                // What was read may be older than the record: the stretch was the end of the log then.
                bodies.forget(message.location)
                return startReading(.record(message.location), &message)
            case .absent:
                let target = BodyRead.Target.stretch(BodyBlock.Key(message.location))
                if reads.isReading(target) { return target }
                guard let block = makeBlock(for: message.location), isCached(block) else {
                    return startReading(target, &message)
                }
                block.noteRead()
                bodies.add(block)
            }
        }
    }

    /// Nil when there is nothing to read: then the message leaves the reply.
    private mutating func startReading(
        _ target: BodyRead.Target, _ message: inout OutgoingMessage
    ) -> BodyRead.Target? {
        if reads.isReading(target) { return target }
        guard let facts = log.facts(message.location.segment),
            BodyBlock.frameEnd(of: message.location) <= facts.bytes
        else {
            guard follow(&message) else { return nil }
            return startReading(.stretch(BodyBlock.Key(message.location)), &message)
        }
        reads.start(BodyReadPlan(target: target, location: message.location, fileBytes: facts.bytes))
        return target
    }

    private func makeBlock(for location: BodyLocation) -> BodyBlock? {
        guard let facts = log.facts(location.segment) else { return nil }
        return BodyBlock(toRead: location, fileBytes: facts.bytes)
    }

    /// Whether the stretch was in the page cache; then it is in the block now. An error shows when it is read in
    /// earnest.
    private func isCached(_ block: BodyBlock) -> Bool {
        do throws(DiskError) {
            return try disk.readCached(.segment(block.key.segment), at: block.key.start, into: block.bytes)
        } catch {
            return false
        }
    }

    /// The body could not be had from this place. True: it has moved, try the new place.
    private mutating func follow(_ message: inout OutgoingMessage) -> Bool {
        let place = core.location(slot: message.slot, number: message.number)
        if let place, place != message.location {
            message.location = place
            return true
        }
        message.body = .left
        if place != nil { followUps.append(.damage(slot: message.slot, number: message.number)) }
        return false
    }

    private func ownContent(_ payload: UnsafeRawBufferPointer, at location: BodyLocation) -> OutgoingMessage.Body {
        guard let content = try? SendRecord.decodeContent(payload) else {
            preconditionFailure("a body that this process wrote cannot be read: \(location)")
        }
        return .here(content)
    }

    /// Nil when the record is not what was written there, or is another message's.
    private func checkedContent(_ frame: UnsafeRawBufferPointer, of message: OutgoingMessage) -> OutgoingMessage.Body? {
        guard let facts = log.facts(message.location.segment),
            let record = try? facts.verify(frame, payloadBytes: Int(message.location.length)),
            record.kind == EntryKind.send.rawValue || record.kind == EntryKind.move.rawValue,
            let entry = try? SendRecord.decodeEntry(record.payload),
            entry.slot == message.slot, entry.number == message.number,
            let content = try? SendRecord.decodeContent(record.payload)
        else { return nil }
        return .here(content)
    }
}

// MARK: - Reads that are done

extension Engine {
    mutating func finish(_ read: BodyRead, _ result: Result<Void, DiskError>) {
        let replies = reads.finish(read.target)
        switch (result, read.target) {
        case (.success, .stretch):
            read.block.noteRead()
            bodies.add(read.block)
            for reply in replies { resume(reply) }
        case (.success, .record(let location)):
            for reply in replies { resume(with(read.block.frame(of: location), at: location, reply)) }
        case (.failure(let error), _) where error.isPassing:
            for reply in replies { goOn(reply, after: error) }
        case (.failure, .stretch):
            for reply in replies { readSingly(reply, in: read.block.key) }
        case (.failure, .record(let location)):
            for reply in replies { resume(with(nil, at: location, reply)) }
        }
    }

    private mutating func resume(_ reply: consuming OutgoingReply) {
        let (receiver, token) = (reply.receiver, reply.token)
        tally.act(for: receiver)
        switch complete(reply) {
        case .reply(let reply): answer(receiver, token, .success(reply))
        case .waiting: break
        case .noRoom: answer(receiver, token, .success(.received([])))
        }
    }

    /// `frame`: nil when it could not be read.
    private mutating func with(
        _ frame: UnsafeRawBufferPointer?, at location: BodyLocation, _ reply: consuming OutgoingReply
    ) -> OutgoingReply {
        var reply = reply
        guard let place = reply.messages.firstIndex(where: { $0.location == location }) else { return reply }
        if let frame, let body = checkedContent(frame, of: reply.messages[place]) {
            reply.messages[place].body = body
        } else {
            _ = follow(&reply.messages[place])
        }
        return reply
    }

    /// A stretch could not be read: perhaps the record that is wanted can.
    private mutating func readSingly(_ reply: consuming OutgoingReply, in key: BodyBlock.Key) {
        var reply = reply
        for place in reply.messages.indices {
            let location = reply.messages[place].location
            guard case .missing = reply.messages[place].body, BodyBlock.Key(location) == key,
                let target = startReading(.record(location), &reply.messages[place])
            else { continue }
            return reads.wait(reply, for: target)
        }
        resume(reply)
    }

    /// The disk cannot be read for a reason that passes. Refused means that nothing happened.
    /// The file may be gone because cleaning moved what was in it, or because all of it was deleted meanwhile: such
    /// messages leave the reply. Else nothing is wrong with the messages: they go back.
    private mutating func goOn(_ reply: consuming OutgoingReply, after error: DiskError) {
        var reply = reply
        var hasChanged = false
        for place in reply.messages.indices {
            guard case .missing = reply.messages[place].body else { continue }
            let (slot, number) = (reply.messages[place].slot, reply.messages[place].number)
            let location = core.location(slot: slot, number: number)
            guard location != reply.messages[place].location else { continue }
            if let location { reply.messages[place].location = location } else { reply.messages[place].body = .left }
            hasChanged = true
        }
        // No endless loop: what is still missing then has another place, or goes back the next time.
        guard !hasChanged else { return resume(reply) }
        readProblem = error
        giveBack(reply)
    }

    /// At most once a minute: it goes on as long as the files are out of reach.
    mutating func takeReadProblem() -> DiskError? {
        guard let error = readProblem, nextReadNotice <= now else { return nil }
        readProblem = nil
        nextReadNotice = now + .seconds(60)
        return error
    }

    private mutating func giveBack(_ reply: consuming OutgoingReply) {
        if case .received(let queue, _, let leased, _) = reply.kind, !reply.isRepeated {
            for message in leased { followUps.append(.giveBack(queue, message.handle)) }
        }
        if case .keys(let request, _, _) = reply.kind { serveWaitersNext(of: request) }
        answer(reply.receiver, reply.token, .failure(.busy))
    }

    mutating func takeDamagedFound() -> [MessageID] {
        defer { damagedFound.removeAll() }
        return damagedFound
    }

    /// False: no room in the log.
    mutating func performFollowUps() -> Bool {
        var done = 0
        while done < followUps.count, perform(followUps[done]) { done += 1 }
        followUps.removeFirst(done)
        return followUps.isEmpty
    }

    private mutating func perform(_ followUp: FollowUp) -> Bool {
        switch followUp {
        case .damage(let slot, let number):
            guard let entry = core.prepareDamage(slot: slot, number: number) else { return true }
            guard commit(.damage(entry)) else { return false }
            damagedFound.append(core.messageID(slot: slot, number: number))
            return true
        case .giveBack(let queue, let handle):
            guard let id = try? core.queueID(named: queue), let entry = try? core.prepareGiveBack(handle, in: id)
            else { return true }
            return commit(.changeVisibility(entry))
        case .voidTransaction: return commit(.transaction(.void))
        }
    }
}

// MARK: - Complete replies

extension Engine {
    private mutating func finished(_ reply: consuming OutgoingReply) -> Outcome {
        switch reply.kind {
        case .peeked(let peeked): .reply(.peeked(zip(peeked, reply.messages).compactMap { Self.message($0, $1) }))
        case .browsed(let found, let next):
            .reply(.browsed(zip(found, reply.messages).compactMap { Self.message($0, $1) }, next: next))
        case .groups(let found, let next):
            .reply(.groups(zip(found, reply.messages).map { Self.group($0, $1) }, next: next))
        case .keys(let request, let bodies, let deadline): goOn(request, bodies, deadline: deadline, reply)
        case .received(let queue, let options, let leased, let deadline):
            received(
                zip(leased, reply.messages).compactMap { Self.message($0, $1) }, queue, options, deadline, reply)
        }
    }

    /// When all messages turned out to be damaged or gone, the receive is not over: it is asked again with the next
    /// turn, so that one receive never walks over a whole backlog.
    private mutating func received(
        _ messages: [ReceivedMessage], _ queue: QueueName, _ options: ReceiveOptions, _ deadline: BrokerTime,
        _ reply: borrowing OutgoingReply
    ) -> Outcome {
        guard messages.isEmpty, !reply.isCancelled else { return .reply(.received(messages)) }
        var options = options
        options.wait = max(deadline - now, .zero)
        askAgain(Submission(token: reply.token, request: .receive(queue, options)), for: reply.receiver)
        return .waiting
    }

    private static func message(_ leased: Broker.Leased, _ message: OutgoingMessage) -> ReceivedMessage? {
        guard case .here(let content) = message.body else { return nil }
        return ReceivedMessage(
            id: leased.id, handle: leased.handle, body: content.body, attributes: content.attributes,
            sentAt: content.sentAt, firstReceivedAt: leased.firstReceivedAt, receiveCount: leased.receiveCount,
            group: content.group, sequence: leased.number, deadLetterSource: leased.deadLetterSource,
            deduplicationID: content.deduplicationID, labels: content.labels, contents: leased.contents)
    }

    private static func group(_ found: Broker.FoundGroup, _ message: OutgoingMessage) -> QueueGroup {
        var group = found.facts
        if case .here(let content) = message.body { group.name = content.group }
        group.deadLetterSource = found.message?.deadLetterSource
        return group
    }

    private static func message(_ peeked: Broker.Peeked, _ message: OutgoingMessage) -> PeekedMessage? {
        guard case .here(let content) = message.body else { return nil }
        return PeekedMessage(
            id: peeked.id, state: peeked.state, body: content.body, attributes: content.attributes,
            sentAt: content.sentAt, receiveCount: peeked.receiveCount, due: peeked.due, group: content.group,
            burial: peeked.burial, buriedAt: peeked.buriedAt, deadLetterSource: peeked.deadLetterSource,
            firstReceivedAt: peeked.firstReceivedAt, sequence: peeked.number,
            deduplicationID: content.deduplicationID, labels: content.labels, place: peeked.place)
    }
}

extension DiskError {
    /// Says nothing about the bytes of the file: it may be out of reach for a while, or the process or the machine
    /// short of something.
    fileprivate var isPassing: Bool {
        !isUnreadable && cause != .fileTooShort
    }
}
