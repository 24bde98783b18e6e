package import RoostStorage
import Synchronization

/// Where the doors listen, for whoever asks the node: as configured, and once a door is open with the port that it
/// really has.
package final class DoorAddresses: Sendable {
    private let addresses: Mutex<[(door: Door, address: ListenAddress)]>

    package init(_ configuration: ServerConfiguration) {
        let doors = [(Door.sqs, configuration.sqs), (.http, configuration.http), (.redis, configuration.redis)]
        addresses = Mutex(doors.compactMap { door, address in address.map { (door, $0) } })
    }

    package var all: [(name: String, address: String)] {
        addresses.withLock { $0.map { ($0.door.rawValue, "\($0.address)") } }
    }

    package func note(_ door: Door, at address: ListenAddress?) {
        guard let address else { return }
        addresses.withLock { addresses in
            for place in addresses.indices where addresses[place].door == door { addresses[place].address = address }
        }
    }
}
