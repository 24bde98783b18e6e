/// How a list of Redis becomes a queue.
package struct Adoption: Sendable, Equatable {
    /// What the queue is to be like; what is not named has its default.
    package var settings: QueueSettingsChange
    /// Where the element stands that is delivered first. Programs that push to the left and pop from the right have
    /// their oldest element on the right.
    package var first: ListEnd

    package init(settings: QueueSettingsChange = QueueSettingsChange(), first: ListEnd = .left) {
        self.settings = settings
        self.first = first
    }
}
