import RoostCore
import RoostModel
import RoostStorage

// Events of keys: they leave as results do, when what they tell of is on disk.

extension Engine {
    mutating func tellKeyEvents(_ classes: KeyEventClasses, to receiver: Int) -> Outcome {
        keys.eventClasses = classes
        keys.eventReceiver = receiver
        return .reply(.done)
    }

    /// Of what is in the log by now.
    mutating func tell(_ events: [KeyEvent]) {
        guard !events.isEmpty else { return }
        answer(keys.eventReceiver, 0, .success(.keyEvents(events)))
    }

    mutating func tellExpired(_ entry: KeysEntry) {
        guard keys.eventClasses.contains(.expired) else { return }
        var log = KeyEventLog(.expired)
        log.noteExpired(entry)
        tell(log.events)
    }
}
