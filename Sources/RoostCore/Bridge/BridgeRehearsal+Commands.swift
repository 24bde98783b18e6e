import RoostModel

// Which command does what to a queue. What is not named here finds a key of the wrong type.

extension BridgeRehearsal {
    mutating func answer(_ command: KeyCommand) throws(KeyError) -> KeyReply {
        catchUp()
        guard broker.concernsQueues(command, in: database) else { return try carryOutKeys(command) }
        return switch command {
        case .list(let command): try answer(command)
        case .key(let command): try answer(command)
        case .publish(let channel, let message): try publish(message, to: channel)
        // It answers null for keys of any other type.
        case .string(.getMany): try carryOutKeys(command)
        case .databases(.flushAll): try flush(command)
        case .databases(.swap(let one, let other)): try swap(one, other)
        default: throw .wrongType
        }
    }

    private mutating func answer(_ command: ListCommand) throws(KeyError) -> KeyReply {
        switch command {
        case .push(let key, _, let elements, let onlyExisting):
            try push(elements, to: try queue(key), onlyExisting: onlyExisting)
        case .pop(let key, _, let count): pop(try queue(key), count)
        case .popFirst(let keys, let end, let count):
            try popFirst(keys) { (keys) in
                .list(.popFirst(keys, end, count: count))
            } queue: { (rehearsal, queue) in
                let elements = rehearsal.take(from: queue, atMost: count)
                return elements.isEmpty ? nil : [.array(elements)]
            }
        case .popFirstElement(let keys, let end):
            try popFirst(keys) { (keys) in
                .list(.popFirstElement(keys, end))
            } queue: { (rehearsal, queue) in
                let elements = rehearsal.take(from: queue, atMost: 1)
                return elements.isEmpty ? nil : elements
            }
        case .move(let from, let fromEnd, let to, let toEnd): try move(from, fromEnd, to, toEnd)
        case .length(let key): .integer(Int64(broker.counts(of: try queue(key)).ready))
        case .element(let key, let place): try element(of: try queue(key), at: place)
        case .range(let key, let start, let end): try range(of: try queue(key), start, end)
        default: throw .wrongType
        }
    }

    private mutating func answer(_ command: GenericCommand) throws(KeyError) -> KeyReply {
        switch command {
        case .delete(let keys): try delete(keys)
        case .exists(let keys): try exists(keys)
        case .type: .word(.queue)
        case .expiry(let key, _): .integer(isSeen(try queue(key)) ? -1 : -2)
        case .about(let key, let question): try answer(question, of: try queue(key))
        case .count: try count()
        case .random: try randomKey()
        case .names(let pattern): try names(pattern)
        case .scan(let options, let type): try scan(options, type)
        case .flush: try flush(.key(.flush))
        default: throw .wrongType
        }
    }

    /// The queue that the only key of a command is.
    private func queue(_ key: Bytes) throws(KeyError) -> UInt32 {
        guard let id = broker.queue(at: key, in: database) else { throw .wrongType }
        return id
    }

    /// Like a list without elements, a queue is not seen while nothing is ready.
    func isSeen(_ queue: UInt32) -> Bool { broker.counts(of: queue).ready > 0 }
}
