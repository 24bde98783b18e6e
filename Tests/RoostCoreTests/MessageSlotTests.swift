import RoostCore
import RoostModel
import Testing

@Suite("The slot of a message")
struct MessageSlotTests {
    @Test("It takes 60 bytes, so that a chunk of 1,024 stays below 64 KiB")
    func size() {
        #expect(MemoryLayout<MessageSlot>.stride == 60)
        #expect(MemoryLayout<MessageSlot>.stride * MessageIndex.slotsPerChunk < 65_536)
    }

    /// What a slot holds, unpacked.
    private struct Fields: Equatable {
        var number: UInt64
        var order: UInt64
        var availableAt: BrokerTime
        var deadline: BrokerTime
        var receiveCount: UInt32
        var lease: UInt32
        var links: [UInt32]
        var place: MessageSlot.Place
        var owner: Owner
        var location: BodyLocation

        init(_ slot: MessageSlot) {
            number = slot.number
            order = slot.order
            availableAt = slot.availableAt
            deadline = slot.deadline
            receiveCount = slot.receiveCount
            lease = slot.lease
            links = [slot.previous, slot.next, slot.agePrevious, slot.ageNext]
            place = slot.place
            owner = slot.owner
            location = slot.location
        }
    }

    private static let largestTime: Int64 = 1 << 44 - 1

    /// Sets one field, in the slot and in the list of what it should hold.
    private static let changes: [(String, [Int64], @Sendable (inout MessageSlot, inout Fields, Int64) -> Void)] = [
        (
            "number", [0, 1, 0xffff_ffff, 1 << 32, 1 << 48 - 1],
            {
                $0.number = UInt64($2); $1.number = UInt64($2)
            }
        ),
        (
            "order", [0, 1, 0xffff_ffff, 1 << 32, 1 << 48 - 1],
            {
                $0.order = UInt64($2); $1.order = UInt64($2)
            }
        ),
        (
            "availableAt", [0, 1, 0xffff_ffff, 1 << 32, largestTime],
            {
                $0.availableAt = BrokerTime(milliseconds: $2)
                $1.availableAt = BrokerTime(milliseconds: $2)
            }
        ),
        (
            "deadline", [0, 1, 0xffff_ffff, 1 << 32, largestTime],
            {
                $0.deadline = BrokerTime(milliseconds: $2)
                $1.deadline = BrokerTime(milliseconds: $2)
            }
        ),
        (
            "receives", [1, 2, 1 << 14 - 1, 1 << 14, 1 << 17 + 5],
            { slot, fields, value in
                for _ in 0..<value { slot.noteReceive() }
                fields.receiveCount = UInt32(min(Int64(fields.receiveCount) + value, 1 << 14 - 1))
                fields.lease = (fields.lease + UInt32(value)) % (1 << 17)
            }
        ),
        (
            "forgotten receives", [0],
            { slot, fields, _ in
                slot.forgetReceives()
                fields.receiveCount = 0
            }
        ),
        (
            "previous", [0, 0xffff_ffff],
            {
                $0.previous = UInt32($2); $1.links[0] = UInt32($2)
            }
        ),
        (
            "next", [0, 0xffff_ffff],
            {
                $0.next = UInt32($2); $1.links[1] = UInt32($2)
            }
        ),
        (
            "agePrevious", [0, 0xffff_ffff],
            {
                $0.agePrevious = UInt32($2); $1.links[2] = UInt32($2)
            }
        ),
        (
            "ageNext", [0, 0xffff_ffff],
            {
                $0.ageNext = UInt32($2); $1.links[3] = UInt32($2)
            }
        ),
        (
            "place", [0, 1, 2, 3, 4, 5, 6, 7],
            { slot, fields, value in
                slot.place = MessageSlot.Place(rawValue: UInt32(value)) ?? .free
                fields.place = MessageSlot.Place(rawValue: UInt32(value)) ?? .free
            }
        ),
        (
            "owner, a queue", [0, 1, 1 << 24 - 1],
            {
                $0.owner = .queue(UInt32($2)); $1.owner = .queue(UInt32($2))
            }
        ),
        (
            "owner, a group", [0, 1, 1 << 24 - 1],
            {
                $0.owner = .group(UInt32($2)); $1.owner = .group(UInt32($2))
            }
        ),
        (
            "segment", [0, 1, 1 << 24 - 1],
            { slot, fields, value in
                fields.location.segment = UInt32(value)
                slot.location = fields.location
            }
        ),
        (
            "offset", [0, 8, 1 << 27 - 8],
            { slot, fields, value in
                fields.location.offset = UInt32(value)
                slot.location = fields.location
            }
        ),
        (
            "length", [0, 1, 0xff, 0x100, 0xff00, 0xf_0000, 0xff0_0000, 1 << 28 - 1],
            { slot, fields, value in
                fields.location.length = UInt32(value)
                slot.location = fields.location
            }
        ),
    ]

    @Test("Each field holds its smallest and largest value, and leaves the others alone")
    func fieldsAtTheirLimits() {
        var slot = MessageSlot()
        var fields = Fields(slot)
        for round in 0..<3 {
            for (name, values, change) in Self.changes {
                // From round to round another value stays behind for the other fields to spoil.
                for value in values[(round % values.count)...] + values[..<(round % values.count)] {
                    change(&slot, &fields, value)
                    #expect(Fields(slot) == fields, "\(name) = \(value)")
                }
            }
        }
    }

    @Test("Random values of all fields live side by side")
    func randomFields() {
        var random = SplitMix64(seed: 5)
        var slot = MessageSlot()
        var fields = Fields(slot)
        for _ in 0..<200_000 {
            let (name, values, change) = random.pick(Self.changes)
            let limit = (values.max() ?? 0) + 1
            var value = Int64(random.below(Int(limit)))
            if name == "offset" { value &= ~7 }
            change(&slot, &fields, value)
            guard Fields(slot) == fields else {
                Issue.record("\(name) = \(value)")
                return
            }
        }
    }

    @Test("Times outside of what 44 bits hold are kept at the nearest end")
    func timesSaturate() {
        var slot = MessageSlot()
        slot.availableAt = BrokerTime(milliseconds: .min)
        slot.deadline = BrokerTime(milliseconds: .max)
        #expect(slot.availableAt == BrokerTime(milliseconds: 0))
        #expect(slot.deadline == BrokerTime(milliseconds: Self.largestTime))
    }

    @Test("The first receive is held as a span, up to 24 days either way")
    func firstReceive() {
        var slot = MessageSlot()
        slot.availableAt = BrokerTime(milliseconds: 1000)
        slot.noteFirstReceive(at: BrokerTime(milliseconds: 1700))
        #expect(slot.firstReceivedAt == BrokerTime(milliseconds: 1700))
        slot.noteFirstReceive(at: BrokerTime(milliseconds: 1000 + 1 << 40))
        #expect(slot.firstReceivedAt == BrokerTime(milliseconds: 1000 + Int64(Int32.max)))
        slot.noteFirstReceive(at: BrokerTime(milliseconds: 0))
        #expect(slot.firstReceivedAt == BrokerTime(milliseconds: 0))
    }

    @Test("A transfer keeps first receive and receive count, and makes handles void; a lease makes it received again")
    func transfer() {
        var slot = MessageSlot()
        let start = BrokerTime(milliseconds: 1_000_000)
        slot.availableAt = start
        slot.noteFirstReceive(at: start + Milliseconds(10))
        #expect(!slot.wasReceivedHere)
        slot.noteReceive()
        slot.deadline = start + Milliseconds(10)
        #expect(slot.wasReceivedHere)
        let lease = slot.lease
        slot.noteTransfer(at: start + .seconds(86_400 * 24))
        #expect(slot.availableAt == start + .seconds(86_400 * 24) && slot.firstReceivedAt == start + Milliseconds(10))
        #expect(slot.receiveCount == 1 && slot.lease != lease && !slot.wasReceivedHere)
        slot.deadline = slot.availableAt
        #expect(slot.wasReceivedHere)
        slot.noteTransfer(at: start + .seconds(86_400 * 99))
        #expect(slot.firstReceivedAt == slot.availableAt + Milliseconds(Int64(Int32.min)))
        slot.forgetReceives()
        #expect(slot.receiveCount == 0 && !slot.wasReceivedHere)
    }
}
