import ArgumentParser

/// What the queues of `top` are sorted by. The words are those of the JSON API.
package enum TopOrder: String, Sendable, CaseIterable, ExpressibleByArgument {
    case ready, oldest, name
    case inFlight = "in_flight"
    case incoming = "in"
    case outgoing = "out"

    /// The key of the keyboard.
    package var key: Character {
        switch self {
        case .ready: "r"
        case .oldest: "a"
        case .name: "n"
        case .inFlight: "f"
        case .incoming: "i"
        case .outgoing: "o"
        }
    }

    package var isDescending: Bool { self != .name }
}
