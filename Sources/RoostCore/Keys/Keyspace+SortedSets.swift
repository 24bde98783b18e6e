import RoostModel

extension Keyspace {
    func prepare(_ command: SortedSetCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        }
    }

    mutating func apply(_ effect: SortedSetEffect) throws(KeyMismatch) {
        switch effect {
        }
    }
}
