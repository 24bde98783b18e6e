import RoostModel

/// One group in an image: the layout is drawn at `BrokerImageFormat`.
enum GroupImage {
    private static let usedFlag: UInt8 = 1
    private static let turnFlag: UInt8 = 2
    private static let timerFlag: UInt8 = 4

    /// Writes exactly `BrokerImageFormat.groupBytes`. Of a free group only the link to the next free one means
    /// anything.
    static func encode(_ group: borrowing Group, _ writer: inout ByteWriter) {
        guard group.isUsed else { return encodeFree(group.siblingNext, &writer) }
        writer.write(UInt32(flags(of: group)))
        writer.write(group.queue)
        writer.write(group.name.high)
        writer.write(group.name.low)
        writer.write(group.origin.queue)
        writer.write(group.origin.birth)
        writer.write(group.birth)
        writer.write(group.messages)
        writer.write(group.damaged)
        writer.write(group.lane)
        let (isArmed, hasTurn) = (group.lane.retentionTimer != nil, group.hasTurn)
        writer.write(group.lane.retentionTimer ?? BrokerTime(milliseconds: 0))
        writer.write(isArmed ? group.lane.timerPrevious : MessageSlot.none)
        writer.write(isArmed ? group.lane.timerNext : MessageSlot.none)
        writer.write(hasTurn ? group.turnPrevious : MessageSlot.none)
        writer.write(hasTurn ? group.turnNext : MessageSlot.none)
        writer.write(group.siblingPrevious)
        writer.write(group.siblingNext)
    }

    private static func encodeFree(_ next: UInt32, _ writer: inout ByteWriter) {
        for _ in 0..<(BrokerImageFormat.groupBytes - 4) / 4 { writer.write(UInt32(0)) }
        writer.write(next)
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> Group {
        let flags: UInt32 = try reader.read()
        guard flags <= UInt32(usedFlag | turnFlag | timerFlag) else { throw .init(reason: "a group has unknown flags") }
        let queue: UInt32 = try reader.read()
        let name = GroupName(high: try reader.read(), low: try reader.read())
        let origin = QueueOrigin(queue: try reader.read(), birth: try reader.read())
        var group = Group(queue: queue, name: name, origin: origin, birth: try reader.read())
        group.isUsed = flags & UInt32(usedFlag) != 0
        group.hasTurn = flags & UInt32(turnFlag) != 0
        group.messages = try reader.read()
        group.damaged = try reader.read()
        group.lane = try reader.readLane()
        let timer = try reader.readTime()
        if flags & UInt32(timerFlag) != 0 { group.lane.retentionTimer = timer }
        group.lane.timerPrevious = try reader.read()
        group.lane.timerNext = try reader.read()
        group.turnPrevious = try reader.read()
        group.turnNext = try reader.read()
        group.siblingPrevious = try reader.read()
        group.siblingNext = try reader.read()
        guard group.isUsed || flags == 0 else { throw EntryDecodingError(reason: "a free group has flags") }
        return group
    }

    private static func flags(of group: borrowing Group) -> UInt8 {
        usedFlag | (group.hasTurn ? turnFlag : 0) | (group.lane.retentionTimer != nil ? timerFlag : 0)
    }
}
