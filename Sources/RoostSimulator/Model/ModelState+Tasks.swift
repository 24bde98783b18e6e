import RoostCore
import RoostModel

/// A move in the background: what is told of it, and what binds it.
struct ModelTask: Sendable {
    var told: MoveTask
    /// Which queue of all there ever were.
    var source: Int
    /// With a rate: nothing is moved before. Nobody remembers it over a restart.
    var notBefore: BrokerTime?
}

/// Tasks run from the record of their start to that of their end. What they move is in their records: so a message is
/// counted with the record that moves it, at whatever point the log ends.
extension ModelState {
    /// Those out of this queue that are remembered: the newest ones.
    private static let tasksOfQueueMax = 10
    private static let sliceMax = 100

    mutating func changeTask(_ entry: Entry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        switch entry {
        case .startMove(let entry): return try start(entry, now)
        case .endMove(let entry): return try end(entry, now)
        default: throw Mismatch("a record of a move that is none")
        }
    }

    private mutating func start(_ entry: StartMoveEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let index = try index(id: entry.from)
        let source = queues[index].serial
        try requireEqual(entry.at, now, "start of a move")
        try require(entry.id > lastTask, "move \(entry.id) comes after move \(lastTask)")
        try require(
            !tasks.contains { $0.source == source && $0.told.status == .running },
            "two moves out of \(queues[index].name)")
        try requireEqual(entry.toMove, queues[index].readyCount, "messages to move out of \(queues[index].name)")
        lastTask = entry.id
        let task = MoveTask(
            id: entry.id, from: queues[index].name, to: entry.to, rate: entry.rate, toMove: entry.toMove,
            startedAt: now)
        tasks.append(ModelTask(told: task, source: source))
        let mine = tasks.filter { $0.source == source }
        if mine.count > Self.tasksOfQueueMax { tasks.removeAll { $0.told.id == mine[0].told.id } }
        return .startedMove(task)
    }

    private mutating func end(_ entry: EndMoveEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let place = try running(entry.id)
        try requireEqual(entry.at, now, "end of a move")
        if entry.status != .cancelled {
            try requireEqual(entry.status, end(of: tasks[place]), "end of move \(entry.id)")
        }
        tasks[place].told.status = entry.status
        tasks[place].told.finishedAt = now
        return .endedMove(tasks[place].told)
    }

    private func running(_ id: UInt64) throws(Mismatch) -> Int {
        guard let place = tasks.firstIndex(where: { $0.told.id == id && $0.told.status == .running }) else {
            throw Mismatch("move \(id) goes on or ends, and does not run")
        }
        return place
    }

    /// How the task has to end now; running: there is more to do.
    func end(of task: ModelTask) -> MoveTask.Status {
        guard task.told.moved < task.told.toMove, let from = queues.first(where: { $0.serial == task.source }) else {
            return .completed
        }
        guard let name = task.told.to else { return endOfReturn(from) }
        guard let to = queue(named: name), to.id != from.id, to.settings.isFIFO == from.settings.isFIFO else {
            return .failed(.queueIsGone)
        }
        return from.deliverableCount == 0 ? .completed : .running
    }

    /// Without a destination: each message goes back to the queue that it was a dead letter of.
    private func endOfReturn(_ from: ModelQueue) -> MoveTask.Status {
        let ready = ([nil] + from.groups.map(Optional.some)).flatMap { from.deliverable($0) }
        if ready.isEmpty { return .completed }
        let isHomeless = ready.allSatisfy { number in from.message(number).flatMap { source(of: $0) } == nil }
        return isHomeless ? .failed(.unknownOrigin) : .running
    }

    /// A slice: what would be delivered next, no more than was there at the start, and not faster than its rate.
    mutating func moveOn(
        _ id: UInt64, _ numbers: [UInt64], _ from: Int, _ to: Int, _ now: BrokerTime
    ) throws(Mismatch) -> MoveTask {
        let place = try running(id)
        let task = tasks[place]
        try requireEqual(queues[from].serial, task.source, "source of move \(id)")
        try require(task.told.moved + numbers.count <= task.told.toMove, "move \(id) moves too much")
        try require(
            now >= task.notBefore ?? now && numbers.count <= min(max((task.told.rate ?? 1000) / 10, 1), Self.sliceMax),
            "move \(id) is faster than \(task.told.rate ?? 0) a second, or its slice is too large")
        if let name = task.told.to {
            try requireEqual(queues[to].name, name, "destination of move \(id)")
            var source = queues[from]
            try requireEqual(numbers, source.next(numbers.count), "messages of move \(id), in the order of delivery")
        } else {
            let group = queues[from].message(numbers[0])?.group
            try requireEqual(group?.origin, queues[to].serial, "queue to which move \(id) returns messages")
            try requireEqual(
                numbers, Array(queues[from].deliverable(group).prefix(numbers.count)),
                "messages that move \(id) returns, in the order of their group")
        }
        tasks[place].told.moved += numbers.count
        if let rate = task.told.rate { tasks[place].notBefore = now + Milliseconds(Int64(numbers.count * 1000 / rate)) }
        return tasks[place].told
    }

    /// A start begins at once.
    mutating func forgetPace() {
        for place in tasks.indices { tasks[place].notBefore = nil }
    }

    // MARK: requests

    func startMove(_ options: MoveOptions) -> Outlook {
        guard let from = queue(named: options.from) else { return .refusal(.queueDoesNotExist(options.from)) }
        if let rate = options.rate, !(1...500).contains(rate) {
            return .refusal(.invalidMoveRate(rate, accepted: 1...500))
        }
        if options.needsDeadLetterQueue, sources(of: from.name).isEmpty {
            return .refusal(.noDeadLetterQueue(options.from))
        }
        if let name = options.to, let rejection = problem(ofTarget: name, from) { return .refusal(rejection) }
        if tasks.contains(where: { $0.source == from.serial && $0.told.status == .running }) {
            return .refusal(.moveIsRunning(options.from))
        }
        return .effect
    }

    func problem(ofTarget name: QueueName, _ from: ModelQueue) -> Rejection? {
        guard let to = queue(named: name) else { return .queueDoesNotExist(name) }
        if to.id == from.id { return .invalidMoveTarget(name, reason: "it is the queue itself") }
        if to.settings.isFIFO == from.settings.isFIFO { return nil }
        return .invalidMoveTarget(name, reason: "both queues must be FIFO, or both standard")
    }

    func cancelMove(_ id: UInt64) -> Outlook {
        guard let task = tasks.first(where: { $0.told.id == id }) else { return .refusal(.moveTaskDoesNotExist) }
        return task.told.status == .running ? .effect : .refusal(.moveIsOver)
    }

    /// The newest first.
    func tasks(from queue: ModelQueue, _ limit: Int) -> [MoveTask] {
        Array(tasks.reversed().filter { $0.source == queue.serial }.map(\.told).prefix(limit))
    }

    /// Queues whose dead letters go to the one of this name, in the order of names.
    func sources(of name: QueueName) -> [QueueName] {
        queues.filter { $0.settings.deadLetters?.target == name }.map(\.name).sorted()
    }
}
