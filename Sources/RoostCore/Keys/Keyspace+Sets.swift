import RoostModel

extension Keyspace {
    func prepare(_ command: SetCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        }
    }

    mutating func apply(_ effect: SetEffect) throws(KeyMismatch) {
        switch effect {
        }
    }
}
