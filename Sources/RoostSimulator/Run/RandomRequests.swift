import RoostModel
import RoostStorage

/// Makes up what clients ask for, valid or not.
struct RandomRequests {
    static let names = ["a", "b", "jobs", "mail"]

    /// How often each kind is asked for; random for each run, so that some runs fill queues and some churn.
    private var weights: [Int]
    private let bodyBytesMax: Int
    /// Of the messages that have a group.
    private let groupPercent: Int

    private enum Kind: Int, CaseIterable {
        case send, receive, delete, deleteByID, changeVisibility, giveBack, create, settings, purge, deleteQueue, pause
        case resume, peek, describe, list, bury, kick, kickByID, move
    }

    init(_ dice: inout Dice, bodyBytesMax: Int) {
        weights = [40, 20, 16, 3, 6, 3, 5, 3, 1, 1, 1, 2, 3, 3, 1, 4, 2, 1, 2]
        weights[Kind.send.rawValue] = dice.pick([20, 40, 80])
        weights[Kind.delete.rawValue] = dice.pick([4, 16, 40])
        weights[Kind.purge.rawValue] = dice.pick([0, 1, 3])
        self.bodyBytesMax = dice.pick([60, 1500, bodyBytesMax, bodyBytesMax])
        groupPercent = dice.pick([0, 0, 30, 90])
    }

    func request(_ dice: inout Dice, _ books: Books) -> StorageRequest? {
        var point = dice.below(weights.reduce(0, +))
        for kind in Kind.allCases {
            point -= weights[kind.rawValue]
            if point < 0 { return request(kind, &dice, books) }
        }
        return nil
    }

    private func name(_ dice: inout Dice) -> QueueName? {
        // The first ones are asked for most.
        try? QueueName(Self.names[min(dice.below(Self.names.count), dice.below(Self.names.count))])
    }

    private func request(_ kind: Kind, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        guard let name = name(&dice) else { return nil }
        // Most requests go to queues that are there.
        if kind != .create, books.state.queue(named: name) == nil, !dice.oneIn(20) {
            return .createQueue(name, change(&dice, books))
        }
        switch kind {
        case .send: return .send(name, message(&dice))
        case .receive: return .receive(name, receive(&dice))
        case .delete: return handle(&dice, books).map { .delete(dice.oneIn(40) ? name : $0.queue, $0.handle) }
        case .deleteByID:
            guard !books.ids.isEmpty else { return nil }
            let id = dice.pick(books.ids)
            return .deleteByID(id.queue, dice.oneIn(30) ? MessageID(high: dice.number(), low: 1 << 63 | 7) : id.id)
        case .changeVisibility, .giveBack: return visibility(kind == .giveBack, &dice, books)
        case .create: return .createQueue(name, change(&dice, books))
        case .settings: return .changeSettings(name, change(&dice, books))
        case .purge: return .purgeQueue(name)
        case .deleteQueue: return .deleteQueue(name)
        case .pause: return .pauseQueue(name, reason: String(repeating: "x", count: dice.oneIn(20) ? 1100 : 4))
        case .resume: return .resumeQueue(name)
        case .peek: return .peek(name, peek(&dice))
        case .describe: return .describeQueue(name)
        case .bury:
            return handle(&dice, books).map {
                .bury(dice.oneIn(40) ? name : $0.queue, $0.handle, burial(&dice))
            }
        case .kick: return .kick(name, count: dice.oneIn(40) ? dice.pick([0, 1001]) : dice.within(1...6))
        case .move: return move(from: name, &dice, books)
        case .kickByID: return kickByID(&dice, books)
        case .list: return .listQueues(prefix: dice.oneIn(3) ? "j" : "", after: nil, limit: 1 + dice.below(5))
        }
    }

    private func message(_ dice: inout Dice) -> NewMessage {
        var message = NewMessage(body: bytes(dice.oneIn(200) ? 0 : dice.skewed(1...bodyBytesMax), &dice))
        if dice.oneIn(8) {
            for index in 0..<dice.within(1...3) {
                let value: MessageAttribute.Value =
                    dice.oneIn(2)
                    ? .text(String(repeating: "v", count: dice.below(40))) : .binary(bytes(dice.below(40), &dice))
                message.attributes.append(MessageAttribute(name: "n\(index)", type: "T", value: value))
            }
        }
        if dice.chance(percent: groupPercent) { message.group = "g\(dice.below(4))" }
        if dice.oneIn(10) { message.delay = Milliseconds(Int64(dice.skewed(0...60_000))) }
        return message
    }

    private func bytes(_ count: Int, _ dice: inout Dice) -> [UInt8] {
        let word = dice.number()
        return (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64($0 % 8 * 8) &+ UInt64($0 / 8)) }
    }

    private func receive(_ dice: inout Dice) -> ReceiveOptions {
        var options = ReceiveOptions(maximum: dice.within(1...10), wait: .zero)
        if dice.oneIn(2) { options.visibilityTimeout = Milliseconds(Int64(dice.skewed(0...60_000))) }
        if dice.oneIn(4) { options.wait = Milliseconds(Int64(dice.skewed(1...5000))) }
        if dice.oneIn(10) { options.inFlightMax = dice.within(1...6) }
        return options
    }

    private func burial(_ dice: inout Dice) -> Burial {
        let length = dice.oneIn(40) ? dice.pick([8180, 8190, 8192]) : dice.below(300)
        return Burial(reason: "r\(dice.below(1000))", error: String(repeating: "e", count: length), by: "w")
    }

    /// Several to one queue, or one to where it came from: each request leaves one record at most.
    private func move(from name: QueueName, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        guard let queue = books.state.queue(named: name) else { return nil }
        let isHome = dice.oneIn(2)
        let known = books.ids.filter { id in
            queue.message(id.number).map { !isHome || $0.group?.origin != nil } ?? false
        }
        guard !known.isEmpty else { return nil }
        let ids = (0..<(isHome ? 1 : dice.within(1...4))).map { _ in dice.pick(known).id }
        return .moveByID(name, to: isHome ? nil : self.name(&dice), ids)
    }

    /// Mostly one that is buried.
    private func kickByID(_ dice: inout Dice, _ books: Books) -> StorageRequest? {
        let buried = books.ids.filter { id in
            books.state.find(number: id.number)?.message.state == .buried
        }
        guard let found = buried.isEmpty || dice.oneIn(4) ? books.ids.last : dice.pick(buried) else { return nil }
        return .kickByID(found.queue, found.id)
    }

    private func peek(_ dice: inout Dice) -> PeekOptions {
        PeekOptions(
            state: dice.pick(MessageState.allCases), from: dice.oneIn(2) ? .head : .tail, count: dice.within(1...20))
    }

    private func handle(_ dice: inout Dice, _ books: Books) -> IssuedHandle? {
        guard !books.handles.isEmpty else { return nil }
        return dice.oneIn(4) ? dice.pick(books.handles) : dice.pick(Array(books.handles.suffix(12)))
    }

    /// One for a message at a time: two at once with the same effect could not be told apart in the log.
    private func visibility(_ isGiveBack: Bool, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        guard let issued = handle(&dice, books) else { return nil }
        let isBusy = books.calls.contains { call in
            switch call.request {
            case .changeVisibility(_, let handle, _), .giveBack(_, let handle):
                books.issued(handle)?.number == issued.number
            default: false
            }
        }
        if isBusy { return nil }
        if isGiveBack { return .giveBack(issued.queue, issued.handle) }
        let timeout = dice.pick([0, 0, 1, 500, 10_000, 60_000, 43_200_000, -1])
        return .changeVisibility(issued.queue, issued.handle, timeout: Milliseconds(Int64(timeout)))
    }

    private func change(_ dice: inout Dice, _ books: Books) -> QueueSettingsChange {
        var change = QueueSettingsChange()
        if dice.oneIn(3) { change.visibilityTimeout = Milliseconds(Int64(dice.skewed(0...60_000))) }
        if dice.oneIn(6) { change.delay = Milliseconds(Int64(dice.skewed(0...20_000))) }
        if dice.oneIn(4) { change.retention = Milliseconds(Int64(dice.skewed(0...600_000))) }
        if dice.oneIn(12) { change.maximumMessageBytes = dice.pick([0, 100, books.messageBytesMax]) }
        if dice.oneIn(8) { change.receiveWait = Milliseconds(Int64(dice.below(2000))) }
        if dice.oneIn(3), let target = name(&dice) {
            let policy = DeadLetterPolicy(target: target, receivesMax: dice.oneIn(30) ? 0 : dice.within(1...3))
            change.deadLetters = .some(dice.oneIn(5) ? nil : policy)
        }
        if dice.oneIn(3) { change.redelivery = dice.pick(Redelivery.allCases) }
        return change
    }
}
