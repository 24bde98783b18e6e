/// A key that clients sign with, and what it may do. An object, because each request passes it on several times, and
/// each copy of all its parts would cost.
package final class AccessKey: Sendable {
    package let id: String
    package let secret: String
    /// Nil: that of the server.
    package let account: String?
    /// Nil: all queues, and all of them together (ListQueues).
    package let queues: [Wildcard]?
    /// Nil: all.
    package let permissions: Set<Permission>?

    package init(
        id: String, secret: String, account: String? = nil, queues: [Wildcard]? = nil,
        permissions: Set<Permission>? = nil
    ) {
        self.id = id
        self.secret = secret
        self.account = account
        self.queues = queues
        self.permissions = permissions
    }
}

extension AccessKey: Equatable {
    package static func == (left: AccessKey, right: AccessKey) -> Bool {
        left.id == right.id && left.secret == right.secret && left.account == right.account
            && left.queues == right.queues && left.permissions == right.permissions
    }
}

// However a key gets into a text, its secret does not.
extension AccessKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "AccessKey(\(id))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// All keys, found by id.
package struct AccessKeys: Sendable {
    package let all: [AccessKey]
    /// In the order of ids, each id once: a dictionary would take an array for each search.
    private let order: [(id: [UInt8], index: Int)]
    /// What the code of an unknown key is computed with. Random, so that nobody can sign with it.
    let secretOfNobody: String

    package init(_ keys: [AccessKey]) {
        all = keys
        order = Dictionary(keys.enumerated().map { (Array($1.id.utf8), $0) }) { first, _ in first }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (id: $0.key, index: $0.value) }
        var random = SystemRandomNumberGenerator()
        secretOfNobody = "\(random.next())-\(random.next())"
    }

    func index(of id: UnsafeRawBufferPointer) -> Int? {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low &+ high) / 2
            if order[middle].id.lexicographicallyPrecedes(id) { low = middle &+ 1 } else { high = middle }
        }
        guard low < order.count, order[low].id.withUnsafeBytes({ equals($0, id) }) else { return nil }
        return order[low].index
    }
}
