import RoostLog
import RoostModel

/// What the engine holds of keys beside the core: nothing of it is kept over a restart.
struct KeyDesk {
    var watches = KeyWatches()
    /// Keys that may have something for their waiters.
    var toServe: [KeyName] = []
    /// Of keys: told to `eventReceiver`, to nobody when there are none.
    var eventClasses: KeyEventClasses = []
    var eventReceiver = 0
    /// Decides random picks.
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// About what a command that waits costs, beside what any waiter does.
    static let waiterBytes = 256
}
