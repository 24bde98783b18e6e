import RoostModel

/// Burial, as plainly as it can be written: a buried message keeps its place in the line.
extension ReferenceBroker {
    mutating func bury(
        _ serial: Int, handle: Int, in id: UInt32, _ burial: Burial, now: BrokerTime
    ) throws(Rejection) {
        let bytes = burial.reason.utf8.count + burial.error.utf8.count + burial.by.utf8.count
        if bytes > 8192 { throw .burialTooLong(bytes: bytes, max: 8192) }
        guard let queue = position(id: id),
            let place = queues[queue].line.firstIndex(where: {
                $0.serial == serial && $0.state == .inFlight && $0.handle == handle
            })
        else { throw .messageNotAvailable }
        queues[queue].line[place].state = .buried
        queues[queue].line[place].burial = burial
        queues[queue].line[place].buriedAt = now
        queues[queue].burials.append(serial)
        refreshTurns(queue)
    }

    /// The serials that are kicked.
    mutating func kick(_ count: Int, in id: UInt32) throws(Rejection) -> [Int] {
        if !(1...1000).contains(count) { throw .invalidCount(count, accepted: 1...1000) }
        guard let queue = position(id: id) else { return [] }
        let serials = Array(queues[queue].burials.prefix(count))
        for serial in serials { _ = kick(serial, queue) }
        return serials
    }

    /// False when there is no such message that is buried.
    mutating func kick(serial: Int, in id: UInt32) -> Bool {
        guard let queue = position(id: id) else { return false }
        return kick(serial, queue)
    }

    private mutating func kick(_ serial: Int, _ queue: Int) -> Bool {
        guard let burial = queues[queue].burials.firstIndex(of: serial),
            let place = queues[queue].line.firstIndex(where: { $0.serial == serial })
        else { return false }
        queues[queue].burials.remove(at: burial)
        queues[queue].line[place].state = .ready
        queues[queue].line[place].isReceivedHere = false
        queues[queue].line[place].burial = nil
        queues[queue].line[place].buriedAt = nil
        queues[queue].totals.returned += 1
        if !queues[queue].settings.isFIFO { woken.insert(queues[queue].id) }
        refreshTurns(queue)
        return true
    }
}
