package import RoostModel

/// What a command does to a hash, as it stands in the log.
package enum HashEffect: Sendable, Equatable {
    /// Makes the hash if there is none. One after the other; at least one.
    case put(Bytes, [KeyValuePair])
    /// Fields that are there, each once. A hash without fields goes.
    case remove(Bytes, fields: [Bytes])
}
