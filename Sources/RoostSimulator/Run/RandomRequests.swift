import RoostModel
import RoostStorage

/// Makes up what clients ask for, valid or not.
struct RandomRequests {
    static let names = ["a", "b", "jobs", "mail"]
    static let fifoNames = ["f.fifo", "g.fifo", "dead.fifo"]

    /// How often each kind is asked for; random for each run, so that some runs fill queues and some churn.
    private var weights: [Int]
    let bodyBytesMax: Int
    /// Of the messages that have a group.
    let groupPercent: Int
    /// Of the requests that are about FIFO queues.
    private let fifoPercent: Int
    /// Of the settings that name a queue for dead letters.
    let deadLetterPercent: Int
    /// Leases are short, so that messages are received often.
    private let isRestless: Bool
    private let keyRequests: RandomKeyRequests
    /// Of the requests that are about keys.
    private let keyPercent: Int

    private enum Kind: Int, CaseIterable {
        case send, receive, delete, deleteByID, changeVisibility, giveBack, create, settings, purge, deleteQueue, pause
        case resume, peek, describe, list, bury, kick, kickByID, move, startMove, cancelMove, listMoves, listSources
    }

    /// - Parameter isKeysOnly: there is nothing else.
    init(_ dice: inout Dice, bodyBytesMax: Int, isKeysOnly: Bool) {
        weights = [40, 20, 16, 3, 6, 3, 5, 3, 1, 1, 1, 2, 3, 3, 1, 6, 3, 2, 2, 2, 1, 1, 1]
        weights[Kind.send.rawValue] = dice.pick([20, 40, 80])
        weights[Kind.delete.rawValue] = dice.pick([4, 16, 40])
        weights[Kind.purge.rawValue] = dice.pick([0, 1, 3])
        self.bodyBytesMax = dice.pick([60, 1500, bodyBytesMax, bodyBytesMax])
        groupPercent = dice.pick([0, 0, 30, 90])
        fifoPercent = dice.pick([0, 20, 50, 90])
        deadLetterPercent = dice.pick([0, 30, 80])
        isRestless = dice.oneIn(3)
        weights[Kind.startMove.rawValue] = dice.pick([0, 2, 8])
        keyRequests = RandomKeyRequests(&dice, bodyBytesMax: bodyBytesMax, isKeysOnly: isKeysOnly)
        keyPercent = isKeysOnly ? 100 : dice.pick([0, 0, 30, 50, 80])
    }

    func request(_ dice: inout Dice, _ books: Books) -> StorageRequest? {
        if dice.chance(percent: keyPercent) { return keyRequests.request(&dice, books) }
        var point = dice.below(weights.reduce(0, +))
        for kind in Kind.allCases {
            point -= weights[kind.rawValue]
            if point < 0 { return request(kind, &dice, books) }
        }
        return nil
    }

    /// A transaction of queues and lists that a power cut may leave half of. Nil: there are no keys, or no queues.
    func wideTransaction(_ dice: inout Dice, _ books: Books) -> StorageRequest? {
        guard (1..<100).contains(keyPercent), !books.state.queues.isEmpty else { return nil }
        return .keys(RandomQueueCommands(keyRequests, books).wide(&dice))
    }

    func name(_ dice: inout Dice) -> QueueName? {
        name(&dice, isFIFO: dice.chance(percent: fifoPercent))
    }

    func name(_ dice: inout Dice, isFIFO: Bool) -> QueueName? {
        let names = isFIFO ? Self.fifoNames : Self.names
        // The first ones are asked for most.
        return try? QueueName(names[min(dice.below(names.count), dice.below(names.count))])
    }

    private func request(_ kind: Kind, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        guard let name = name(&dice) else { return nil }
        // Most requests go to queues that are there.
        if kind != .create, books.state.queue(named: name) == nil, !dice.oneIn(20) {
            return .createQueue(name, creation(name, &dice, books))
        }
        switch kind {
        case .send: return .send(name, message(to: books.state.queue(named: name), &dice, books))
        case .receive: return .receive(name, receive(from: books.state.queue(named: name), &dice))
        case .delete: return handle(&dice, books).map { .delete(dice.oneIn(40) ? name : $0.queue, $0.handle) }
        case .deleteByID:
            guard !books.ids.isEmpty else { return nil }
            let id = dice.pick(books.ids)
            return .deleteByID(id.queue, dice.oneIn(30) ? MessageID(high: dice.number(), low: 1 << 63 | 7) : id.id)
        case .changeVisibility, .giveBack: return visibility(kind == .giveBack, &dice, books)
        case .create: return .createQueue(name, creation(name, &dice, books))
        case .settings: return .changeSettings(name, change(of: name, &dice, books))
        case .purge: return .purgeQueue(name)
        case .deleteQueue: return .deleteQueue(name)
        case .pause: return .pauseQueue(name, reason: String(repeating: "x", count: dice.oneIn(20) ? 1100 : 4))
        case .resume: return .resumeQueue(name)
        case .peek: return .peek(name, peek(&dice))
        case .describe: return .describeQueue(name)
        case .bury:
            return handle(&dice, books).map {
                .bury(dice.oneIn(40) ? name : $0.queue, $0.handle, burial(&dice, books))
            }
        case .kick:
            let buried = books.state.queues.filter { !$0.burials.isEmpty }.map(\.name)
            return .kick(
                buried.isEmpty || dice.oneIn(4) ? name : dice.pick(buried),
                count: dice.oneIn(40) ? dice.pick([0, 1001]) : dice.within(1...6))
        case .move: return move(from: name, &dice, books)
        case .kickByID: return kickByID(&dice, books)
        case .startMove: return startMove(from: name, &dice, books)
        case .cancelMove: return cancelMove(&dice, books)
        case .listMoves: return .listMoves(name, limit: dice.oneIn(20) ? 0 : dice.within(1...3))
        case .listSources:
            return .listDeadLetterSources(
                name, after: dice.oneIn(3) ? self.name(&dice) : nil, limit: dice.oneIn(20) ? 1001 : dice.within(1...3))
        case .list: return .listQueues(prefix: dice.oneIn(3) ? "j" : "", after: nil, limit: 1 + dice.below(5))
        }
    }

    func bytes(_ count: Int, _ dice: inout Dice) -> [UInt8] {
        let word = dice.number()
        return (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64($0 % 8 * 8) &+ UInt64($0 / 8)) }
    }

    private func receive(from queue: ModelQueue?, _ dice: inout Dice) -> ReceiveOptions {
        var options = ReceiveOptions(maximum: dice.within(1...10), wait: .zero)
        if dice.oneIn(2) {
            options.visibilityTimeout = Milliseconds(Int64(dice.skewed(0...(isRestless ? 300 : 60_000))))
        }
        if dice.oneIn(4) { options.wait = Milliseconds(Int64(dice.skewed(1...5000))) }
        if dice.oneIn(10) { options.inFlightMax = dice.within(1...6) }
        if queue?.settings.isFIFO ?? false, dice.oneIn(2) {
            options.attempt = "t\(dice.below(2))"
            // No change of visibility asks for one of these, so that the log tells who began it anew.
            options.visibilityTimeout = Milliseconds(isRestless ? 307 : dice.pick([7001, 20_003, 59_999, 400_009]))
        }
        return options
    }

    /// The longest ones only where a segment has room for them.
    private func burial(_ dice: inout Dice, _ books: Books) -> Burial {
        let longest = dice.pick(books.messageBytesMax > 8192 ? [8180, 8190, 8192] : [1500, 1500, 8193])
        let length = dice.oneIn(40) ? longest : dice.below(300)
        return Burial(reason: "r\(dice.below(1000))", error: String(repeating: "e", count: length), by: "w")
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
            case .changeVisibility(_, let handle, _), .giveBack(_, let handle), .renew(_, let handle, _):
                books.issued(handle)?.number == issued.number
            default: false
            }
        }
        if isBusy { return nil }
        if isGiveBack { return .giveBack(issued.queue, issued.handle) }
        let timeout = dice.pick([0, 0, 1, 500, 10_000, 60_000, 43_200_000, -1])
        let time = Milliseconds(Int64(timeout))
        return dice.oneIn(4)
            ? .renew(issued.queue, issued.handle, timeout: time)
            : .changeVisibility(issued.queue, issued.handle, timeout: time)
    }
}
