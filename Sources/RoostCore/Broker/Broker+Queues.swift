package import RoostModel

// Creating, changing and removing queues.

/// What asking for a queue comes to.
package enum QueueCreation: Sendable, Equatable {
    /// It is there already, with the settings that were named.
    case existing(UInt32)
    case entry(CreateQueueEntry)
}

extension Broker {
    package func prepareCreateQueue(
        _ name: QueueName, _ change: QueueSettingsChange, now: BrokerTime
    ) throws(Rejection) -> QueueCreation {
        if let id = queues.id(named: name) {
            if let difference = change.firstDifference(from: queues[id].settings) {
                throw .queueExists(name, difference: difference)
            }
            return .existing(id)
        }
        if let record = databases[Self.queueDatabase].record(Bytes(name.text.utf8), now) {
            throw .keyExists(name, type: record.value.word)
        }
        let settings = change.applied(to: defaultSettings)
        try validate(settings)
        try validateBindings(change, settings, before: [:])
        try validateDeadLetters(change, settings, of: name)
        try validateContents(change, settings)
        guard let id = queues.freeID() else { throw .tooManyQueues(max: Limits.queuesMax) }
        return .entry(CreateQueueEntry(queue: id, at: now, name: name, settings: settings))
    }

    package func prepareDeleteQueue(_ name: QueueName) throws(Rejection) -> DeleteQueueEntry {
        DeleteQueueEntry(queue: try queueID(named: name))
    }

    package func preparePurgeQueue(_ name: QueueName) throws(Rejection) -> PurgeQueueEntry {
        PurgeQueueEntry(queue: try queueID(named: name), below: nextNumber)
    }

    package func prepareChangeSettings(
        _ name: QueueName, _ change: QueueSettingsChange, now: BrokerTime
    ) throws(Rejection) -> ChangeSettingsEntry {
        let id = try queueID(named: name)
        let settings = change.applied(to: queues[id].settings)
        guard settings.isFIFO == queues[id].settings.isFIFO else { throw .queueTypeIsFixed }
        guard queues[id].settings.contents.fits(into: settings.contents) else { throw .contentsStayBytes }
        try validate(settings)
        try validateBindings(change, settings, before: queues[id].settings.properties)
        try validateDeadLetters(change, settings, of: name)
        try validateContents(change, settings)
        return ChangeSettingsEntry(queue: id, at: now, settings: settings)
    }

    /// How many bytes more the queue takes up with its new settings, in memory and in an image.
    package func growth(by entry: ChangeSettingsEntry) -> Int {
        SettingsCodec.size(entry.settings) - SettingsCodec.size(queues[entry.queue].settings)
    }

    package func preparePauseQueue(
        _ name: QueueName, reason: String, now: BrokerTime
    ) throws(Rejection) -> PauseQueueEntry {
        let id = try queueID(named: name)
        guard reason.utf8.count <= Limits.reasonBytesMax else {
            throw .reasonTooLong(bytes: reason.utf8.count, max: Limits.reasonBytesMax)
        }
        return PauseQueueEntry(queue: id, pause: Pause(reason: reason, since: now))
    }

    package func prepareResumeQueue(_ name: QueueName) throws(Rejection) -> ResumeQueueEntry {
        ResumeQueueEntry(queue: try queueID(named: name))
    }

    private var defaultSettings: QueueSettings {
        QueueSettings(maximumMessageBytes: min(Limits.sqsMessageBytesMax, configuration.messageBytesMax))
    }

    private func validate(_ settings: QueueSettings) throws(Rejection) {
        try check(.visibilityTimeout, settings.visibilityTimeout.count, 0...Limits.visibilityTimeoutMax.count)
        try check(.delay, settings.delay.count, 0...Limits.delayMax.count)
        try check(.retention, settings.retention.count, 1...Milliseconds.unlimited.count)
        try check(.maximumMessageBytes, Int64(settings.maximumMessageBytes), 1...Int64(configuration.messageBytesMax))
        try check(.receiveWait, settings.receiveWait.count, 0...Limits.receiveWaitMax.count)
        guard !settings.isFIFO || settings.redelivery == .front else { throw .backInFIFO }
        let deduplicates = settings.deduplicatesContent || settings.deduplicationScope != .queue
        guard settings.isFIFO || !deduplicates else { throw .deduplicationWithoutFIFO }
        let bytes = settings.properties.reduce(0) {
            $0 + $1.key.utf8.count + $1.value.utf8.count + Limits.queuePropertyBytes
        }
        let bytesMax = Limits.queuePropertiesBytesMax
        guard bytes <= bytesMax else { throw .propertiesTooLong(bytes: bytes, max: bytesMax) }
    }

    /// What is published names no group, and no two queues get a part of it.
    private func validateBindings(
        _ change: QueueSettingsChange, _ settings: QueueSettings, before: QueueProperties
    ) throws(Rejection) {
        let added = change.properties.filter { $0.value != nil && $0.key.hasPrefix(ChannelBinding.propertyPrefix) }
        guard !added.isEmpty else { return }
        guard !settings.isFIFO else { throw .bindingOfFIFO }
        let max = BindingTable.countMax
        let others = queues.bindings.count - ChannelBinding.patterns(in: before).count
        let own = ChannelBinding.patterns(in: settings.properties).count
        guard others + own <= max else { throw .tooManyBindings(max: max) }
    }

    /// A policy that stands is left alone: its target may be gone, or not allow it any more.
    private func validateDeadLetters(
        _ change: QueueSettingsChange, _ settings: QueueSettings, of name: QueueName
    ) throws(Rejection) {
        if case .these(let names) = settings.deadLetterSources, names.count > Limits.deadLetterSourcesMax {
            throw .tooManyDeadLetterSources(names.count, max: Limits.deadLetterSourcesMax)
        }
        guard case .some(.some(let policy)) = change.deadLetters else { return }
        let accepted = 1...Limits.deadLetterReceivesMax
        guard accepted.contains(policy.receivesMax) else {
            throw .invalidReceivesMax(policy.receivesMax, accepted: accepted)
        }
        guard policy.target != name else {
            throw .invalidDeadLetterTarget(policy.target, reason: "it is the queue itself")
        }
        guard let target = queues.id(named: policy.target) else {
            throw .invalidDeadLetterTarget(policy.target, reason: "there is no such queue")
        }
        guard queues[target].isFIFO == settings.isFIFO else {
            throw .invalidDeadLetterTarget(policy.target, reason: "both queues must be FIFO, or both standard")
        }
        guard queues[target].settings.deadLetterSources.allow(name) else {
            throw .invalidDeadLetterTarget(policy.target, reason: "it does not allow this source")
        }
    }

    /// What is no text must not come into a queue of text. A policy that stands counts when the contents change.
    private func validateContents(_ change: QueueSettingsChange, _ settings: QueueSettings) throws(Rejection) {
        guard change.contents != nil || change.deadLetters != nil, let policy = settings.deadLetters,
            let target = queues.id(named: policy.target)
        else { return }
        guard settings.contents.fits(into: queues[target].settings.contents) else {
            throw .invalidDeadLetterTarget(policy.target, reason: Self.contentsDiffer)
        }
    }

    /// Why messages of a queue cannot come into another one.
    static let contentsDiffer = "its contents are text, and those of the other queue bytes"

    private func check(
        _ setting: QueueSetting, _ value: Int64, _ accepted: ClosedRange<Int64>
    ) throws(Rejection) {
        guard accepted.contains(value) else { throw .invalidSetting(setting, value: value, accepted: accepted) }
    }
}

extension Broker {
    mutating func apply(_ entry: CreateQueueEntry) throws(EntryMismatch) {
        var queue = Queue(name: entry.name, settings: entry.settings, createdAt: entry.at)
        queue.birth = takeBirth()
        guard queues.create(entry.queue, queue) else {
            throw EntryMismatch(kind: .createQueue, reason: "queue \(entry.queue) or its name is taken")
        }
    }

    mutating func apply(_ entry: DeleteQueueEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireLive(entry.queue, .deleteQueue)
        takeAll(of: entry.queue, below: nextNumber)
        moves.forget(from: entry.queue)
        queues.remove(entry.queue)
        effects.deletedQueues.append(entry.queue)
        queues.startReaping(entry.queue)
    }

    mutating func apply(_ entry: PurgeQueueEntry) throws(EntryMismatch) {
        try requireLive(entry.queue, .purgeQueue)
        // All messages of the queue go. One with a number from `below` on would be on the list of the dead and alive.
        guard entry.below == nextNumber else {
            throw EntryMismatch(
                kind: .purgeQueue, reason: "it is of messages below \(entry.below), the next one is \(nextNumber)")
        }
        takeAll(of: entry.queue, below: entry.below)
        if !queues[entry.queue].dead.isEmpty || !queues[entry.queue].deadGroups.isEmpty {
            queues.startReaping(entry.queue)
        }
    }

    mutating func apply(_ entry: ChangeSettingsEntry) throws(EntryMismatch) {
        try requireLive(entry.queue, .changeSettings)
        queues.setSettings(of: entry.queue, entry.settings)
        queues[entry.queue].modifiedAt = entry.at
        disarmRetention(of: .queue(entry.queue))
        armRetention(of: .queue(entry.queue))
        rearmGroups(of: entry.queue)
    }

    mutating func apply(_ entry: PauseQueueEntry) throws(EntryMismatch) {
        try requireLive(entry.queue, .pauseQueue)
        queues.setPause(of: entry.queue, entry.pause)
    }

    mutating func apply(_ entry: ResumeQueueEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireLive(entry.queue, .resumeQueue)
        queues.setPause(of: entry.queue, nil)
        effects.readyQueues.append(entry.queue)
    }

    /// Takes all messages of a queue out of sight at once: O(1). Their slots are freed later, a slice at a time.
    private mutating func takeAll(of id: UInt32, below number: UInt64) {
        disarmRetention(of: .queue(id))
        queues[id].purgedBelow = number
        queues[id].groupsBornFrom = nextBirth
        for state in MessageState.allCases { count(id, state, -queues[id].counts[state]) }
        var lane = Lane()
        swap(&lane, &queues[id].lane)
        var damaged = queues[id].damaged
        queues[id].damaged = MessageList()
        queues[id].buried = MessageList()
        queues[id].oftenReceived = 0
        queues[id].dead.append(contentsOf: &lane.available, in: &index)
        queues[id].dead.append(contentsOf: &lane.delayed, in: &index)
        queues[id].dead.append(contentsOf: &damaged, in: &index)
        queues[id].rearmFrom = MessageSlot.none
        queues[id].moveFrom = MessageSlot.none
        queues[id].turns = GroupList()
        queues[id].turnCount = 0
        queues[id].turnsUntilLane = 0
        var living = GroupList()
        swap(&living, &queues[id].groups)
        groups.appendSiblings(&living, to: &queues[id].deadGroups)
    }
}
