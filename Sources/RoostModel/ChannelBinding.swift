/// A queue that also stores what is published to the channels of a pattern. It is a property of the queue: so it is
/// logged, and goes with the queue.
package enum ChannelBinding {
    /// Before the pattern, in the name of the property. Its value is empty.
    package static let propertyPrefix = "channel:"

    /// What binds a queue to a pattern, or unbinds it.
    ///
    /// - Parameter patterns: as those of PSUBSCRIBE.
    package static func change(of patterns: [String], isBound: Bool) -> QueueSettingsChange {
        var change = QueueSettingsChange()
        for pattern in patterns { change.properties.updateValue(isBound ? "" : nil, forKey: propertyPrefix + pattern) }
        return change
    }

    /// The patterns that properties of a queue name, in their order.
    package static func patterns(in properties: QueueProperties) -> [String] {
        properties.keys.filter { $0.hasPrefix(propertyPrefix) }.map { String($0.dropFirst(propertyPrefix.count)) }
            .sorted()
    }
}
