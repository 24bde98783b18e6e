package import RoostModel

/// What a command does to a set, as it stands in the log.
package enum SetEffect: Sendable, Equatable {
    /// Members that are not there yet, each once. Makes the set if there is none.
    case add(Bytes, [Bytes])
    /// Members that are there, each once. A set without members goes.
    case remove(Bytes, [Bytes])
    /// The key holds this set from now on, whatever it held, and does not expire.
    case put(Bytes, [Bytes])
}
