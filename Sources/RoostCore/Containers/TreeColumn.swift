/// The values of the entries of a leaf, in the order of their keys.
package protocol TreeColumn: Sendable {
    associatedtype Value: Sendable

    init()
    /// Bytes of memory.
    var residentBytes: Int { get }
    /// Bytes of values that are themselves bytes.
    var payload: Int { get }
    static func payload(of value: Value) -> Int
    /// Bytes beside the payload that a number of values adds to the size of a leaf.
    static func weight(_ count: Int) -> Int

    func value(_ index: Int) -> Value
    mutating func insert(_ value: Value, at index: Int)
    /// Replaces a value by one of the same size. False, and nothing changed, when the size is another.
    mutating func replace(_ index: Int, with value: Value) -> Bool
    mutating func removeSubrange(_ range: Range<Int>)
    mutating func split(at index: Int) -> Self
    mutating func append(_ next: Self)
}

/// Values in an array.
package struct ArrayColumn<Value: Sendable>: TreeColumn {
    private var values: ContiguousArray<Value> = []

    package init() {}

    package var residentBytes: Int { arrayBytes(of: Value.self, values.count) }
    package var payload: Int { 0 }
    package static func payload(of value: Value) -> Int { 0 }
    package static func weight(_ count: Int) -> Int { count * MemoryLayout<Value>.stride }

    package func value(_ index: Int) -> Value { values[index] }

    package subscript(index: Int) -> Value {
        _read { yield values[index] }
        _modify { yield &values[index] }
    }

    package mutating func insert(_ value: Value, at index: Int) {
        // By a quarter: most leaves are not full.
        if values.count == values.capacity { values.reserveCapacity(values.count + values.count / 4 + 1) }
        values.insert(value, at: index)
    }

    package mutating func replace(_ index: Int, with value: Value) -> Bool {
        values[index] = value
        return true
    }

    package mutating func removeSubrange(_ range: Range<Int>) {
        values.removeSubrange(range)
        guard values.capacity > 8, values.count < values.capacity / 2 else { return }
        values = ContiguousArray(values[...])
    }

    package mutating func split(at index: Int) -> Self {
        var right = Self()
        right.values = ContiguousArray(values[index...])
        removeSubrange(index..<values.count)
        return right
    }

    package mutating func append(_ next: Self) {
        values.reserveCapacity(values.count + next.values.count)
        values.append(contentsOf: next.values)
    }
}

/// Values that are bytes, in one page.
package struct BytesColumn: TreeColumn {
    private var page = Page<PlainSlot>()

    package init() {}

    package var residentBytes: Int { page.residentBytes }
    package var payload: Int { page.payload }
    package static func payload(of value: [UInt8]) -> Int { value.count }
    package static func weight(_ count: Int) -> Int { Page<PlainSlot>.used(by: count, 0) }

    package func value(_ index: Int) -> [UInt8] { page.bytes(index) }

    package func withBytes<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        page.withBytes(index, body)
    }

    package mutating func insert(_ value: [UInt8], at index: Int) {
        value.withUnsafeBytes { page.insert($0, at: index, limit: NodeLimits.pageBytesDefault) }
    }

    package mutating func replace(_ index: Int, with value: [UInt8]) -> Bool {
        value.withUnsafeBytes { page.overwrite(index, with: $0) }
    }

    package mutating func removeSubrange(_ range: Range<Int>) { page.removeSubrange(range) }

    package mutating func split(at index: Int) -> Self {
        var right = Self()
        right.page = page.split(at: index)
        return right
    }

    package mutating func append(_ next: Self) { page.append(next.page) }
}

/// No values: the keys are all there is.
package struct NoColumn: TreeColumn {
    package init() {}

    package var residentBytes: Int { 0 }
    package var payload: Int { 0 }
    package static func payload(of value: Void) -> Int { 0 }
    package static func weight(_ count: Int) -> Int { 0 }

    package func value(_ index: Int) {}
    package mutating func insert(_ value: Void, at index: Int) {}
    package mutating func replace(_ index: Int, with value: Void) -> Bool { true }
    package mutating func removeSubrange(_ range: Range<Int>) {}
    package mutating func split(at index: Int) -> Self { Self() }
    package mutating func append(_ next: Self) {}
}
