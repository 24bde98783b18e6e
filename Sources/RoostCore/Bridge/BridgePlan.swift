package import RoostModel

/// What commands on keys come to when queues are among the keys.
package enum BridgePlan: Sendable {
    /// To be logged and applied in this order, all or none. Without steps nothing is to be logged.
    case steps([BridgeStep], replies: [KeyReply], events: [KeyEvent])
    /// What has to be read first: then the commands are prepared again. None of it stands in the plan.
    case needsBodies([NeededBody])
}

/// One record of a plan.
package enum BridgeStep: Sendable {
    case entry(Entry)
    case send(SendEntry, NewMessage)
}

/// A message whose body an answer needs.
package struct NeededBody: Sendable, Equatable {
    package var slot: UInt32
    package var number: UInt64
    package var location: BodyLocation
}
