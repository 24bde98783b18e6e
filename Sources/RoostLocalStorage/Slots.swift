/// Values by slot number. Slots are used again.
struct Slots<Value: Sendable>: Sendable {
    private var values: ContiguousArray<Value?> = []
    private var free: [UInt32] = []

    subscript(slot: UInt32) -> Value {
        get { value(slot) }
        _modify {
            var value = self.value(slot)
            defer { values[Int(slot)] = value }
            yield &value
        }
    }

    mutating func add(_ value: Value) -> UInt32 {
        guard let slot = free.popLast() else {
            values.append(value)
            return UInt32(values.count - 1)
        }
        values[Int(slot)] = value
        return slot
    }

    mutating func remove(_ slot: UInt32) -> Value {
        let value = self.value(slot)
        values[Int(slot)] = nil
        free.append(slot)
        return value
    }

    private func value(_ slot: UInt32) -> Value {
        guard let value = values[Int(slot)] else { preconditionFailure("slot \(slot) is free") }
        return value
    }
}
