import RoostModel

/// Which queues store what is published to a channel. It follows from the properties of the queues.
struct BindingTable {
    /// Of all queues together: PUBLISH looks at each.
    static let countMax = 1000

    private struct Binding {
        var queue: UInt32
        var pattern: GlobPattern
    }

    private var bindings: [Binding] = []

    var count: Int { bindings.count }
    var isEmpty: Bool { bindings.isEmpty }

    mutating func set(_ queue: UInt32, _ properties: QueueProperties) {
        remove(queue)
        guard !properties.isEmpty else { return }
        for pattern in ChannelBinding.patterns(in: properties) {
            bindings.append(Binding(queue: queue, pattern: GlobPattern(Bytes(pattern.utf8))))
        }
    }

    mutating func remove(_ queue: UInt32) {
        if !bindings.isEmpty { bindings.removeAll { $0.queue == queue } }
    }

    /// Each once.
    func queues(boundTo channel: Bytes) -> [UInt32] {
        var queues: [UInt32] = []
        for binding in bindings where !queues.contains(binding.queue) && binding.pattern.matches(channel) {
            queues.append(binding.queue)
        }
        return queues
    }
}
