import RoostModel
import RoostStorage

// Messages, settings of queues, and moves between queues.

extension RandomRequests {
    func message(to queue: ModelQueue?, _ dice: inout Dice, _ books: Books) -> NewMessage {
        var message = NewMessage(body: bytes(dice.oneIn(200) ? 0 : dice.skewed(1...bodyBytesMax), &dice))
        if dice.oneIn(8) {
            for index in 0..<dice.within(1...3) {
                let value: MessageAttribute.Value =
                    dice.oneIn(2)
                    ? .text(String(repeating: "v", count: dice.below(40))) : .binary(bytes(dice.below(40), &dice))
                message.attributes.append(MessageAttribute(name: "n\(index)", type: "T", value: value))
            }
        }
        if dice.oneIn(12) {
            message.labels = MessageLabels(sender: "s\(dice.below(9))", trace: dice.oneIn(2) ? "" : nil)
        }
        if dice.oneIn(300) { message.labels.trace = String(repeating: "t", count: 2049) }
        if dice.oneIn(10) { message.delay = Milliseconds(Int64(dice.skewed(0...60_000))) }
        guard let queue, queue.settings.isFIFO != dice.oneIn(60) else {
            if dice.chance(percent: groupPercent) { message.group = group(&dice) }
            return message
        }
        message.group = group(&dice)
        message.deduplication = deduplication(for: queue, &dice, books)
        return message
    }

    private func group(_ dice: inout Dice) -> String {
        dice.oneIn(100) ? String(repeating: "g", count: dice.pick([0, 128, 129])) : "g\(dice.below(4))"
    }

    /// Often that of a message that was sent before.
    private func deduplication(for queue: ModelQueue, _ dice: inout Dice, _ books: Books) -> Deduplication? {
        if dice.oneIn(12) { return nil }
        if dice.oneIn(100) { return Deduplication(id: String(repeating: "d", count: dice.pick([0, 128, 129]))) }
        let isOfContent = dice.oneIn(queue.settings.deduplicatesContent ? 2 : 40)
        let known = books.state.remembered.filter { $0.queue == queue.serial || dice.oneIn(8) }
        guard !known.isEmpty, dice.oneIn(3) else {
            // Two that are made up at once may be the same.
            return Deduplication(
                id: "d\(dice.oneIn(4) ? dice.below(6) : dice.below(1 << 30))", isOfContent: isOfContent)
        }
        let id = dice.oneIn(2) ? known[known.count - 1].id : dice.pick(known).id
        return Deduplication(id: id, isOfContent: isOfContent)
    }
}

// MARK: - Settings

extension RandomRequests {
    /// Most names say of which type the queue is. The first one always does: runs rely on it.
    func creation(_ name: QueueName, _ dice: inout Dice, _ books: Books) -> QueueSettingsChange {
        var change = change(of: name, &dice, books)
        let isFIFO = name.isFIFO != (name.text != Self.names[0] && dice.oneIn(40))
        change.isFIFO = isFIFO || dice.oneIn(4) ? isFIFO : nil
        return change
    }

    func change(of name: QueueName, _ dice: inout Dice, _ books: Books) -> QueueSettingsChange {
        let isFIFO = books.state.queue(named: name)?.settings.isFIFO ?? name.isFIFO
        var change = QueueSettingsChange()
        if dice.oneIn(3) { change.visibilityTimeout = Milliseconds(Int64(dice.skewed(0...60_000))) }
        if dice.oneIn(6) { change.delay = Milliseconds(Int64(dice.skewed(0...20_000))) }
        if dice.oneIn(4) { change.retention = Milliseconds(Int64(dice.skewed(0...600_000))) }
        if dice.oneIn(12) { change.maximumMessageBytes = dice.pick([0, 100, books.messageBytesMax]) }
        if dice.oneIn(8) { change.receiveWait = Milliseconds(Int64(dice.below(2000))) }
        if dice.chance(percent: deadLetterPercent), let target = target(of: name, isFIFO, &dice, books) {
            let policy = DeadLetterPolicy(target: target, receivesMax: dice.oneIn(30) ? 0 : dice.pick([1, 1, 2, 3]))
            change.deadLetters = .some(dice.oneIn(6) ? nil : policy)
        }
        if dice.oneIn(isFIFO ? 60 : 3) { change.redelivery = dice.pick(Redelivery.allCases) }
        if dice.oneIn(isFIFO ? 4 : 60) { change.deduplicatesContent = dice.oneIn(2) }
        if dice.oneIn(isFIFO ? 4 : 60) { change.deduplicationScope = dice.pick(DeduplicationScope.allCases) }
        if dice.oneIn(60) { change.isFIFO = dice.oneIn(2) }
        if dice.oneIn(12) { change.deadLetterSources = sources(isFIFO, &dice) }
        if dice.oneIn(20) {
            change.properties["p\(dice.below(3))"] = .some(dice.oneIn(3) ? nil : String(repeating: "p", count: 300))
        }
        if dice.oneIn(8) {
            change.properties["channel:" + dice.pick(RandomQueueCommands.patterns)] = .some(dice.oneIn(4) ? nil : "")
        }
        if dice.oneIn(300) { change.properties["p"] = String(repeating: "p", count: 50_000) }
        return change
    }

    /// Mostly a queue that may be one.
    private func target(
        of name: QueueName, _ isFIFO: Bool, _ dice: inout Dice, _ books: Books
    ) -> QueueName? {
        let others = books.state.queues.filter { $0.settings.isFIFO == isFIFO && $0.name != name }.map(\.name)
        if others.isEmpty || dice.oneIn(8) { return self.name(&dice, isFIFO: isFIFO != dice.oneIn(4)) }
        return dice.pick(others)
    }

    /// Who may send dead letters here.
    private func sources(_ isFIFO: Bool, _ dice: inout Dice) -> DeadLetterSources {
        if dice.oneIn(3) { return .all }
        let count = dice.oneIn(20) ? 11 : dice.below(4)
        return dice.oneIn(4) ? .none : .these((0..<count).compactMap { _ in name(&dice, isFIFO: isFIFO) })
    }
}

// MARK: - Moves

extension RandomRequests {
    /// To one queue, or each to where it came from.
    func move(from name: QueueName, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        let isHome = dice.oneIn(2)
        // Best are dead letters of several queues.
        let mixed = books.state.queues.first { Set($0.line.compactMap { $0.group?.origin }).count > 1 }
        guard let queue = isHome && mixed != nil ? mixed : books.state.queue(named: name) else { return nil }
        let known = books.ids.filter { id in
            queue.message(id.number).map { !isHome || $0.group?.origin != nil && $0.state == .ready } ?? false
        }
        guard !known.isEmpty else { return nil }
        let ids = (0..<dice.within(1...6)).map { _ in dice.pick(known).id }
        let target = self.name(&dice, isFIFO: queue.settings.isFIFO != dice.oneIn(20))
        return .moveByID(queue.name, to: isHome ? nil : target, ids)
    }

    /// Mostly from a queue that has dead letters.
    func startMove(from name: QueueName, _ dice: inout Dice, _ books: Books) -> StorageRequest? {
        let dead = books.state.queues.filter { queue in queue.line.contains { $0.group?.origin != nil } }
        let source = dead.isEmpty || dice.oneIn(3) ? books.state.queue(named: name) : dice.pick(dead)
        guard let source else { return nil }
        var options = MoveOptions(from: source.name)
        if dice.oneIn(2) { options.to = self.name(&dice, isFIFO: source.settings.isFIFO != dice.oneIn(20)) }
        options.rate = dice.pick([nil, nil, 1, 3, 20, 500])
        if dice.oneIn(40) { options.rate = dice.pick([0, 501]) }
        options.needsDeadLetterQueue = dice.oneIn(3)
        return .startMove(options)
    }

    /// Mostly one that runs.
    func cancelMove(_ dice: inout Dice, _ books: Books) -> StorageRequest? {
        let running = books.state.tasks.filter { $0.told.status == .running }
        if !running.isEmpty, !dice.oneIn(4) { return .cancelMove(id: dice.pick(running).told.id) }
        return .cancelMove(id: 1 + UInt64(dice.below(Int(books.state.lastTask) + 2)))
    }
}
