import RoostCore
import RoostModel

/// What background work does to records.
extension Rehearsal {
    mutating func damage() throws {
        guard let (slot, serial, number) = try anyRecord() else { return }
        let isDamaged = model.damage(serial)
        let entry = broker.prepareDamage(slot: slot, number: number)
        try requireEqual(entry, isDamaged ? DamageEntry(slot: slot, number: number) : nil, "the entry of a damage")
        if let entry { try carryOut(.damage(entry)) }
    }

    mutating func move() throws {
        guard let (slot, serial, number) = try anyRecord(), let lastKnown = lastLocation(of: serial) else { return }
        let isStale = random.chance(10)
        let original = isStale ? BodyLocation(segment: 1 << 23, offset: 8, length: 8) : lastKnown
        let lives = locationOfSerial[serial] != nil && !isStale
        let entry = broker.prepareMove(slot: slot, number: number, from: original)
        try requireEqual(entry, lives ? MoveEntry(slot: slot, number: number) : nil, "the entry of a move")
        guard let entry else { return }
        let location = recording.nextLocation
        try carryOut(.move(entry), copying: original, releases: [serial])
        locationOfSerial[serial] = location
    }

    /// Mostly of a living message; sometimes of one that is gone.
    private mutating func anyRecord() throws -> (slot: UInt32, serial: Int, number: UInt64)? {
        let wanted = random.chance(80) ? anyWaitingSerial() : nil
        let slots = serialOfSlot.keys.sorted()
        guard !slots.isEmpty else { return nil }
        let slot = wanted.flatMap { wanted in slots.first { serialOfSlot[$0] == wanted } } ?? random.pick(slots)
        guard let serial = serialOfSlot[slot], let number = numberOfSerial[serial] else { return nil }
        return (slot, serial, number)
    }

    private func lastLocation(of serial: Int) -> BodyLocation? {
        locationOfSerial[serial] ?? BodyLocation(segment: 1 << 22, offset: 8, length: 8)
    }
}
