package import RoostModel

// A list of the database of queues that becomes a queue.

extension Broker {
    /// What makes a queue of the list of this name, with its elements as messages: to be logged and applied in this
    /// order, all or none.
    ///
    /// - Parameter bytesMax: of all records together, each with `frameBytes` around it.
    /// - Throws: `.cannotAdopt` with what stands against it, or what is wrong with the settings.
    package func prepareAdoption(
        of name: QueueName, _ adoption: Adoption, now: BrokerTime, bytesMax: Int, frameBytes: Int
    ) throws(Rejection) -> [BridgeStep] {
        let list = try adoptable(name, adoption.settings, now)
        let bytes = list.byteCount + list.count * frameBytes
        guard bytes <= bytesMax else { throw .cannotAdopt(name, reason: Self.tooLarge(bytes: bytes, max: bytesMax)) }
        var rehearsal = BridgeRehearsal(
            self, database: Self.queueDatabase, leases: false, bodies: [:], now: now, random: 0, growthMax: .max,
            bytesMax: bytesMax, events: [])
        try rehearsal.replaceKey(name, adoption.settings)
        try rehearsal.send(list, to: name, adoption)
        guard case .steps(let steps, _, _) = rehearsal.plan([]) else { return [] }
        return steps
    }

    /// Why a list is too large to be adopted.
    package static func tooLarge(bytes: Int, max: Int) -> String {
        "all of the list has to fit one record of the log: it would take \(bytes) bytes with what stands around each "
            + "element, and \(max) are the most"
    }

    private func adoptable(
        _ name: QueueName, _ settings: QueueSettingsChange, _ now: BrokerTime
    ) throws(Rejection) -> PackedList {
        guard queues.id(named: name) == nil else { throw .cannotAdopt(name, reason: "it is a queue already") }
        guard !name.isFIFO, settings.isFIFO != true else {
            throw .cannotAdopt(name, reason: "messages of a FIFO queue need a group, and elements of a list have none")
        }
        let key = Bytes(name.text.utf8)
        guard let record = databases[Self.queueDatabase].record(key, now) else {
            throw .cannotAdopt(name, reason: "there is no such key in database \(Self.queueDatabase)")
        }
        guard case .list(let box) = record.value else {
            throw .cannotAdopt(name, reason: "it is a key of type \(record.value.word.rawValue), and no list")
        }
        return box[0]
    }
}

extension BridgeRehearsal {
    fileprivate mutating func replaceKey(
        _ name: QueueName, _ settings: QueueSettingsChange
    ) throws(Rejection) {
        do throws(KeyError) {
            _ = try carryOutKeys(.key(.delete([Bytes(name.text.utf8)])))
        } catch {
            throw .cannotAdopt(name, reason: "the key cannot be deleted: \(error)")
        }
        catchUp()
        guard case .entry(let entry) = try broker.prepareCreateQueue(name, settings, now: now) else { return }
        add(.createQueue(entry))
        catchUp()
    }

    fileprivate mutating func send(_ list: PackedList, to name: QueueName, _ adoption: Adoption) throws(Rejection) {
        let queue = try broker.queueID(named: name)
        let takesBytes = broker.settings(of: queue).contents == .bytes
        for step in 0..<list.count {
            let place = adoption.first == .left ? step : list.count - 1 - step
            // Whoever pops now finds what was there: the delay of the queue is for what comes.
            var message = NewMessage(body: list[place], delay: .zero)
            message.needsBytes = !takesBytes && !UTF8Text.isLegalText(message.body)
            do throws(Rejection) {
                add(try broker.prepareSend(to: queue, message, now: now), message)
            } catch {
                throw Self.refusal(of: name, place, error)
            }
            catchUp()
            if case .requestTooLarge(let bytes, let max) = refusal {
                throw .cannotAdopt(name, reason: Broker.tooLarge(bytes: bytes, max: max))
            }
        }
    }

    /// - Parameter place: of the element, from the left, the first is 0: as LINDEX counts.
    private static func refusal(of name: QueueName, _ place: Int, _ rejection: Rejection) -> Rejection {
        let takesBytes = "Only a queue whose contents are bytes takes it"
        return switch rejection {
        case .messageEmpty: .cannotAdopt(name, reason: "element \(place) is empty. \(takesBytes)")
        case .messageNotText: .cannotAdopt(name, reason: "element \(place) is no text. \(takesBytes)")
        case .messageTooLarge(let bytes, let max):
            .cannotAdopt(name, reason: "element \(place) has \(bytes) bytes, and the queue would take \(max)")
        default: rejection
        }
    }
}
