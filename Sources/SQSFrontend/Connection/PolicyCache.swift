import RoostModel

/// Policies of queues, parsed. Of one event loop.
///
/// A policy is used again without asking the storage while the storage says that no properties of any queue have
/// changed since it was asked. Without that it is asked each time, and only the parsing is saved.
struct PolicyCache {
    private struct Entry {
        /// Of the storage, before it was asked.
        let version: UInt64?
        let text: String?
        let policy: Policy?
    }

    /// With more queues than this in use at a time, some are asked for again.
    private static let countMax = 1024

    private var entries: [QueueName: Entry] = [:]

    /// - Parameter version: of the storage now; nil when it has none.
    /// - Returns: nil when the storage has to be asked.
    func policy(of queue: QueueName, version: UInt64?) -> Policy?? {
        guard let version, let entry = entries[queue], entry.version == version else { return nil }
        return .some(entry.policy)
    }

    /// Takes in what the storage answered.
    ///
    /// - Parameter version: of the storage before it was asked.
    mutating func read(_ text: String?, of queue: QueueName, version: UInt64?) -> Policy? {
        let known = entries[queue]
        let policy = known.map { $0.text == text } ?? false ? known?.policy : text.map { Policy(stored: $0) }
        if entries.count >= Self.countMax, known == nil { entries.removeAll(keepingCapacity: true) }
        entries[queue] = Entry(version: version, text: text, policy: policy)
        return policy
    }
}

extension Policy {
    /// Of a text that the storage holds. It was checked before it got there; if it cannot be read all the same, nothing
    /// is allowed but what mends it.
    init(stored text: String) {
        var text = text
        self = text.withUTF8 { (try? PolicyReader.read(UnsafeRawBufferPointer($0))) ?? .unreadable }
    }

    private static let unreadable = Policy(statements: [
        Statement(
            effect: .deny,
            principals: Except(value: Principals(isEveryone: true), isInverted: false),
            actions: Except(
                value: [Permission.setQueueAttributes, .getQueueAttributes, .deleteQueue].map { Wildcard($0.name) },
                isInverted: true),
            resources: Except(value: [Wildcard("*")], isInverted: false), hasConditions: false)
    ])
}
