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
        case .createQueue(let name, let change): create(name, change, books)
        case .deleteQueue(let name), .purgeQueue(let name), .resumeQueue(let name): named(name) { _ in .effect }
        case .describeQueue(let name): named(name) { _ in .answer }
        case .listQueues: .answer
        case .pauseQueue(let name, let reason):
            named(name) { _ in
                reason.utf8.count <= 1024 ? .effect : .refusal(.reasonTooLong(bytes: reason.utf8.count, max: 1024))
            }
        case .changeSettings(let name, let change):
            named(name) { queue in
                Self.problem(change.applied(to: queue.settings), books)
                    ?? checkDeadLetters(change, of: name).map { .refusal($0) } ?? .effect
            }
        case .send(let name, let message): named(name) { Self.send(message, $0, books) }
        case .receive(let name, let options): named(name) { Self.receive(options, $0) }
        case .delete(let name, let handle): named(name) { Self.delete(handle, $0, books) }
        case .deleteByID(let name, let id):
            named(name) { queue in
                books.idSeal.open(id).flatMap { queue.message($0.number, slot: $0.slot) } == nil ? .nothing : .effect
            }
        case .changeVisibility(let name, let handle, let timeout):
            named(name) { Self.changeVisibility(handle, timeout, $0, now, books) }
        case .giveBack(let name, let handle): named(name) { Self.giveBack(handle, $0, books) }
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
        // Nobody asks for these here.
        case .listDeadLetterSources, .startMove, .listMoves, .cancelMove: .answer
        case .moveByID(let name, let target, let ids): named(name) { move(ids, $0, to: target, books) }
        }
    }

    private func named(_ name: QueueName, _ body: (ModelQueue) -> Outlook) -> Outlook {
        guard let queue = queue(named: name) else { return .refusal(.queueDoesNotExist(name)) }
        return body(queue)
    }

    private func create(_ name: QueueName, _ change: QueueSettingsChange, _ books: Books) -> Outlook {
        if let queue = queue(named: name) {
            if let difference = change.firstDifference(from: queue.settings) {
                return .refusal(.queueExists(name, difference: difference))
            }
            return .answer
        }
        return Self.problem(change.applied(to: books.defaultSettings), books)
            ?? checkDeadLetters(change, of: name).map { .refusal($0) } ?? .effect
    }

    private static func problem(_ settings: QueueSettings, _ books: Books) -> Outlook? {
        let rules: [(QueueSetting, Int64, ClosedRange<Int64>)] = [
            (.visibilityTimeout, settings.visibilityTimeout.count, 0...43_200_000),
            (.delay, settings.delay.count, 0...3_162_240_000_000),
            (.retention, settings.retention.count, 1...Int64.max),
            (.maximumMessageBytes, Int64(settings.maximumMessageBytes), 1...Int64(books.messageBytesMax)),
            (.receiveWait, settings.receiveWait.count, 0...3_600_000),
        ]
        for (setting, value, accepted) in rules where !accepted.contains(value) {
            return .refusal(.invalidSetting(setting, value: value, accepted: accepted))
        }
        return nil
    }

    private static func send(_ message: NewMessage, _ queue: ModelQueue, _ books: Books) -> Outlook {
        if message.body.isEmpty { return .refusal(.messageEmpty) }
        let bytesMax = min(queue.settings.maximumMessageBytes, books.messageBytesMax)
        if message.countedBytes > bytesMax {
            return .refusal(.messageTooLarge(bytes: message.countedBytes, max: bytesMax))
        }
        return .effect
    }

    private static func receive(_ options: ReceiveOptions, _ queue: ModelQueue) -> Outlook {
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
        return .effect
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
        if let target {
            guard index(named: target) != nil else { return .refusal(.queueDoesNotExist(target)) }
            if target == queue.name { return .refusal(.invalidMoveTarget(target, reason: "it is the queue itself")) }
        }
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
        guard message.state == .inFlight else { return timeout == .zero ? .nothing : .effect }
        // The handle holds 16 bits of the second of its receive: what was held 18.2 hours looks new again.
        let held = (now.milliseconds / 1000 - issued.leasedAt.milliseconds / 1000) % 65_536
        let left = Milliseconds(max(twelveHours.count - held * 1000, 0))
        return timeout > left ? .refusal(.invalidVisibilityTimeout(timeout, max: left)) : .effect
    }
}
