import RoostCore
import RoostModel
import RoostStorage

/// What a request comes to in a state.
enum Outlook {
    case refusal(Rejection)
    /// `.done`, and nothing changes.
    case nothing
    /// It changes something, so there is a record of it.
    case effect
    /// A question, or a receive.
    case answer
}

extension ModelState {
    func outlook(for request: StorageRequest, at now: BrokerTime, _ books: Books) -> Outlook {
        switch request {
        case .createQueue(let name, let change): create(name, change, now, books)
        case .deleteQueue(let name), .purgeQueue(let name), .resumeQueue(let name): named(name) { _ in .effect }
        case .describeQueue(let name): named(name) { _ in .answer }
        case .listQueues: .answer
        case .pauseQueue(let name, let reason):
            named(name) { _ in
                reason.utf8.count <= 1024 ? .effect : .refusal(.reasonTooLong(bytes: reason.utf8.count, max: 1024))
            }
        case .changeSettings(let name, let change): named(name) { changeSettings(change, $0, books) }
        case .send(let name, let message): named(name) { send(message, $0, now, books) }
        case .receive(let name, let options): named(name) { receive(options, $0, now, books) }
        case .delete(let name, let handle): named(name) { Self.delete(handle, $0, books) }
        case .deleteByID(let name, let id):
            named(name) { queue in
                books.idSeal.open(id).flatMap { queue.message($0.number, slot: $0.slot) } == nil ? .nothing : .effect
            }
        case .changeVisibility(let name, let handle, let timeout):
            named(name) { Self.changeVisibility(handle, timeout, $0, now, books) }
        case .giveBack(let name, let handle): named(name) { Self.giveBack(handle, $0, books) }
        case .renew(let name, let handle, let timeout):
            named(name) { Self.renew(handle, timeout, $0, now, books) }
        case .peek(let name, let options):
            named(name) { _ in
                (1...1000).contains(options.count)
                    ? .answer : .refusal(.invalidCount(options.count, accepted: 1...1000))
            }
        case .bury(let name, let handle, let burial): named(name) { Self.bury(handle, burial, $0, books) }
        case .kick(let name, let count): named(name) { Self.kick(count, $0) }
        case .kickByID(let name, let id):
            named(name) { queue in
                let message = books.idSeal.open(id).flatMap { queue.message($0.number, slot: $0.slot) }
                return message?.state == .buried ? .effect : .nothing
            }
        case .listDeadLetterSources(let name, _, let limit), .listMoves(let name, let limit):
            (1...1000).contains(limit)
                ? named(name) { _ in .answer } : .refusal(.invalidCount(limit, accepted: 1...1000))
        case .startMove(let options): startMove(options)
        case .cancelMove(let id): cancelMove(id)
        case .moveByID(let name, let target, let ids): named(name) { move(ids, $0, to: target, books) }
        // The books compare these with the keys themselves.
        case .key, .keys, .watch, .watchToRemove, .unwatch, .tellKeyEvents, .tailQueues, .listWaiters, .browse, .look,
            .listGroups,
            .barrier:
            .answer
        // Runs ask for none.
        case .adoptQueue: .answer
        }
    }

    private func named(_ name: QueueName, _ body: (ModelQueue) -> Outlook) -> Outlook {
        guard let queue = queue(named: name) else { return .refusal(.queueDoesNotExist(name)) }
        return body(queue)
    }

    private func create(
        _ name: QueueName, _ change: QueueSettingsChange, _ now: BrokerTime, _ books: Books
    ) -> Outlook {
        if let queue = queue(named: name) {
            if let difference = change.firstDifference(from: queue.settings) {
                return .refusal(.queueExists(name, difference: difference))
            }
            return .answer
        }
        // A key whose time is over is none.
        if let key = keys.visible(ModelKeys.Name(database: 0, key: name.key), at: now) {
            return .refusal(.keyExists(name, type: key.value.word))
        }
        return check(change, change.applied(to: books.defaultSettings), of: name, books)
    }

    private func changeSettings(_ change: QueueSettingsChange, _ queue: ModelQueue, _ books: Books) -> Outlook {
        let settings = change.applied(to: queue.settings)
        if settings.isFIFO != queue.settings.isFIFO { return .refusal(.queueTypeIsFixed) }
        return check(change, settings, of: queue.name, books)
    }

    private func check(
        _ change: QueueSettingsChange, _ settings: QueueSettings, of name: QueueName, _ books: Books
    ) -> Outlook {
        let rejection =
            Self.problem(settings, books) ?? Self.problemOfType(settings) ?? Self.problemOfProperties(settings)
            ?? Self.problemOfBindings(change, settings) ?? checkDeadLetters(change, settings, of: name)
        return rejection.map { .refusal($0) } ?? .effect
    }

    private static func problemOfType(_ settings: QueueSettings) -> Rejection? {
        if settings.isFIFO { return settings.redelivery == .back ? .backInFIFO : nil }
        return settings.deduplicatesContent || settings.deduplicationScope == .group ? .deduplicationWithoutFIFO : nil
    }

    private static func problemOfBindings(_ change: QueueSettingsChange, _ settings: QueueSettings) -> Rejection? {
        let isBound = change.properties.contains { $0.key.hasPrefix("channel:") && $0.value != nil }
        return isBound && settings.isFIFO ? .bindingOfFIFO : nil
    }

    private static func problemOfProperties(_ settings: QueueSettings) -> Rejection? {
        let bytes = settings.properties.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 16 }
        return bytes > 49_152 ? .propertiesTooLong(bytes: bytes, max: 49_152) : nil
    }

    private static func problem(_ settings: QueueSettings, _ books: Books) -> Rejection? {
        let rules: [(QueueSetting, Int64, ClosedRange<Int64>)] = [
            (.visibilityTimeout, settings.visibilityTimeout.count, 0...43_200_000),
            (.delay, settings.delay.count, 0...3_162_240_000_000),
            (.retention, settings.retention.count, 1...Int64.max),
            (.maximumMessageBytes, Int64(settings.maximumMessageBytes), 1...Int64(books.messageBytesMax)),
            (.receiveWait, settings.receiveWait.count, 0...3_600_000),
        ]
        for (setting, value, accepted) in rules where !accepted.contains(value) {
            return .invalidSetting(setting, value: value, accepted: accepted)
        }
        return nil
    }

    /// A message that was sent already is answered, whatever else is in the way.
    private func send(_ message: NewMessage, _ queue: ModelQueue, _ now: BrokerTime, _ books: Books) -> Outlook {
        if message.body.isEmpty { return .refusal(.messageEmpty) }
        let bytesMax = min(queue.settings.maximumMessageBytes, books.messageBytesMax)
        if message.countedBytes > bytesMax {
            return .refusal(.messageTooLarge(bytes: message.countedBytes, max: bytesMax))
        }
        let label = max(message.labels.sender?.utf8.count ?? 0, message.labels.trace?.utf8.count ?? 0)
        if label > 2048 { return .refusal(.labelTooLong(bytes: label, max: 2048)) }
        if let rejection = Self.problemOfGroup(message, queue) ?? Self.problemOfID(message, queue) {
            return .refusal(rejection)
        }
        return original(of: message, in: queue, at: now) == nil ? .effect : .answer
    }

    private static func problemOfGroup(_ message: NewMessage, _ queue: ModelQueue) -> Rejection? {
        guard let group = message.group else { return queue.settings.isFIFO ? .missingGroup : nil }
        return (1...128).contains(group.utf8.count) ? nil : .invalidGroup(bytes: group.utf8.count, max: 128)
    }

    private static func problemOfID(_ message: NewMessage, _ queue: ModelQueue) -> Rejection? {
        guard let told = message.deduplication else { return nil }
        if !queue.settings.isFIFO { return .deduplicationWithoutFIFO }
        if told.isOfContent, !queue.settings.deduplicatesContent { return .missingDeduplication }
        let bytes = told.id.utf8.count
        return (1...128).contains(bytes) ? nil : .invalidDeduplicationID(bytes: bytes, max: 128)
    }

    private func receive(
        _ options: ReceiveOptions, _ queue: ModelQueue, _ now: BrokerTime, _ books: Books
    ) -> Outlook {
        // What was given out already is not given out once more.
        if books.repeatable(options, queue, self, now) != nil { return .answer }
        if let most = options.inFlightMax, queue.counts.inFlight >= most {
            return .refusal(.tooManyInFlight(max: most))
        }
        return .answer
    }

    private static func delete(_ handle: ReceiptHandle, _ queue: ModelQueue, _ books: Books) -> Outlook {
        guard let issued = books.issued(handle), issued.queueID == queue.id else {
            return .refusal(.invalidReceiptHandle)
        }
        guard let message = queue.message(issued.number), message.handle == issued.ofMessage else {
            return .nothing
        }
        // A message of a FIFO queue whose lease is over may come again, and the others of its group wait for it.
        let isHeld = message.state == .inFlight || message.state == .damaged
        return queue.settings.isFIFO && !isHeld ? .refusal(.receiptHandleExpired) : .effect
    }

    private static func bury(
        _ handle: ReceiptHandle, _ burial: Burial, _ queue: ModelQueue, _ books: Books
    ) -> Outlook {
        let bytes = burial.reason.utf8.count + burial.error.utf8.count + burial.by.utf8.count
        if bytes > 8192 { return .refusal(.burialTooLong(bytes: bytes, max: 8192)) }
        guard let issued = books.issued(handle), issued.queueID == queue.id else {
            return .refusal(.invalidReceiptHandle)
        }
        guard let message = queue.message(issued.number), message.state == .inFlight,
            message.handle == issued.ofMessage
        else { return .refusal(.messageNotAvailable) }
        return .effect
    }

    private func move(_ ids: [MessageID], _ queue: ModelQueue, to target: QueueName?, _ books: Books) -> Outlook {
        guard (1...1000).contains(ids.count) else { return .refusal(.invalidCount(ids.count, accepted: 1...1000)) }
        if let target, let rejection = problem(ofTarget: target, queue) { return .refusal(rejection) }
        return moves(ids, from: queue, to: target, books).isEmpty ? .nothing : .effect
    }

    private static func kick(_ count: Int, _ queue: ModelQueue) -> Outlook {
        guard (1...1000).contains(count) else { return .refusal(.invalidCount(count, accepted: 1...1000)) }
        return queue.burials.isEmpty ? .nothing : .effect
    }

    private static func giveBack(_ handle: ReceiptHandle, _ queue: ModelQueue, _ books: Books) -> Outlook {
        guard let issued = books.issued(handle), issued.queueID == queue.id else {
            return .refusal(.invalidReceiptHandle)
        }
        guard let message = queue.message(issued.number), message.state == .inFlight,
            message.handle == issued.ofMessage
        else { return .nothing }
        return .effect
    }

    private static func renew(
        _ handle: ReceiptHandle, _ timeout: Milliseconds, _ queue: ModelQueue, _ now: BrokerTime, _ books: Books
    ) -> Outlook {
        let twelveHours = Milliseconds(43_200_000)
        if timeout < .zero || timeout > twelveHours {
            return .refusal(.invalidVisibilityTimeout(timeout, max: twelveHours))
        }
        guard case .effect = giveBack(handle, queue, books) else { return giveBack(handle, queue, books) }
        return timeout == .zero ? .effect : changeVisibility(handle, timeout, queue, now, books)
    }

    private static func changeVisibility(
        _ handle: ReceiptHandle, _ timeout: Milliseconds, _ queue: ModelQueue, _ now: BrokerTime, _ books: Books
    ) -> Outlook {
        let twelveHours = Milliseconds(43_200_000)
        if timeout < .zero || timeout > twelveHours {
            return .refusal(.invalidVisibilityTimeout(timeout, max: twelveHours))
        }
        guard let issued = books.issued(handle), issued.queueID == queue.id else {
            return .refusal(.invalidReceiptHandle)
        }
        guard let message = queue.message(issued.number), message.state != .damaged,
            message.state != .buried
        else {
            return .refusal(.messageNotAvailable)
        }
        guard message.state == .inFlight else {
            if queue.settings.isFIFO { return .refusal(.messageNotAvailable) }
            return timeout == .zero ? .nothing : .effect
        }
        // The handle holds 16 bits of the second of its receive: what was held 18.2 hours looks new again.
        let held = (now.milliseconds / 1000 - issued.leasedAt.milliseconds / 1000) % 65_536
        let left = Milliseconds(max(twelveHours.count - held * 1000, 0))
        return timeout > left ? .refusal(.invalidVisibilityTimeout(timeout, max: left)) : .effect
    }
}
