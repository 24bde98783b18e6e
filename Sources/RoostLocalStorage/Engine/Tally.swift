import RoostCore
import RoostModel
import RoostStorage

/// What the engine counts as it carries things out, from the start of the process.
struct Tally {
    /// By the number of the receiver.
    var doors: ContiguousArray<Door> = []
    /// Whose request is carried out.
    var acting = Door.inside
    private(set) var traffic = PerDoor(DoorTraffic())
    private(set) var redelivered: UInt64 = 0
    private(set) var deadLettered: UInt64 = 0
    private(set) var dwell = DurationHistogram(.dwell)

    mutating func act(for receiver: Int) { acting = door(of: receiver) }

    func door(of receiver: Int) -> Door {
        doors.indices.contains(receiver) ? doors[receiver] : .inside
    }

    mutating func noteSend() { traffic[acting].sent &+= 1 }

    mutating func noteEmptyReceive(of receiver: Int) { traffic[door(of: receiver)].emptyReceives &+= 1 }

    /// Of an entry that is about to be applied.
    mutating func note(_ entry: Entry, in core: borrowing Broker) {
        switch entry {
        case .lease(let entry): noteReceived(entry.slots, at: entry.at, core)
        case .take(let entry):
            noteReceived(entry.slots, at: entry.at, core)
            traffic[acting].deleted &+= UInt64(entry.slots.count)
        case .delete: traffic[acting].deleted &+= 1
        case .transfer(let entry) where entry.purpose == .deadLetter: deadLettered &+= UInt64(entry.slots.count)
        default: break
        }
    }

    private mutating func noteReceived(_ slots: [UInt32], at time: BrokerTime, _ core: borrowing Broker) {
        traffic[acting].received &+= UInt64(slots.count)
        for slot in slots {
            if let waited = core.waitedUnreceived(slot, until: time) {
                dwell.add(nanoseconds: UInt64(clamping: max(waited.count, 0)) &* 1_000_000)
            } else {
                redelivered &+= 1
            }
        }
    }
}

extension Result<StorageReply, Rejection> {
    var isEmptyReceive: Bool {
        if case .success(.received(let messages)) = self { messages.isEmpty } else { false }
    }
}
