import RoostCore
import RoostModel

/// A key of one of the databases.
struct KeyName: Hashable {
    var database: UInt8
    var key: Bytes
}

extension KeyName {
    /// That of a queue as a key.
    init(queue: QueueName) { self.init(database: Broker.queueDatabase, key: Bytes(queue.text.utf8)) }
}
