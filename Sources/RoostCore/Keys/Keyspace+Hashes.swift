import RoostModel

extension Keyspace {
    func prepare(_ command: HashCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        }
    }

    mutating func apply(_ effect: HashEffect) throws(KeyMismatch) {
        switch effect {
        }
    }
}
