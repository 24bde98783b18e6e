/// A list of byte strings by position, of any length: what is under Redis lists.
///
/// A tree of packed pages. An element of 100 bytes costs about 107 bytes of memory in a long list. Operations take
/// O(log n) steps and what they touch; positions that are asked for must exist.
package struct PackedList: Sendable {
    /// Short elements lie close together: a page of ids holds more of them than a page of a map does.
    package static let limitsDefault = NodeLimits(entries: 256)

    private var tree: CountedTree<ListLeaf>

    package init(limits: NodeLimits = Self.limitsDefault) { tree = CountedTree(limits) }

    package var count: Int { tree.count }
    package var isEmpty: Bool { tree.count == 0 }
    /// Bytes of all elements.
    package var byteCount: Int { tree.measure.payload }
    /// Bytes of memory, slack included.
    package var residentBytes: Int { tree.measure.resident }

    package subscript(position: Int) -> [UInt8] {
        checkExists(position)
        return tree.read(EntryPosition(position)) { leaf, place in leaf.pointee.bytes(place.position) }
    }

    package func withBytes<Result>(at position: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        checkExists(position)
        return tree.read(EntryPosition(position)) { leaf, place in leaf.pointee.withBytes(place.position, body) }
    }

    private func checkExists(_ position: Int) {
        precondition(position >= 0 && position < count, "no such position in the list")
    }

    private func checkExists(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "no such range in the list")
    }
}

extension PackedList {
    package mutating func append(_ element: some ByteString & ~Escapable) {
        element.withRawBytes { bytes in insert(bytes, LastPosition()) { leaf, _ in leaf.count } }
    }

    package mutating func prepend(_ element: some ByteString & ~Escapable) {
        element.withRawBytes { bytes in insert(bytes, GapPosition(0)) { _, place in place.position } }
    }

    /// Inserts before the element at `position`, or at the end.
    package mutating func insert(_ element: some ByteString & ~Escapable, at position: Int) {
        checkExists(position..<position)
        element.withRawBytes { bytes in insert(bytes, GapPosition(position)) { _, place in place.position } }
    }

    private mutating func insert<Locator: TreeLocator<ListLeaf>>(
        _ bytes: UnsafeRawBufferPointer, _ locator: Locator, _ index: (ListLeaf, Locator) -> Int
    ) {
        let limits = tree.limits
        tree.edit(locator) { leaf, place, edges in leaf.insert(bytes, at: index(leaf, place), edges, limits) }
    }

    /// Puts another element in the place of one.
    package mutating func replace(at position: Int, with element: some ByteString & ~Escapable) {
        checkExists(position)
        element.withRawBytes { replace(position, $0) }
    }

    private mutating func replace(_ position: Int, _ bytes: UnsafeRawBufferPointer) {
        let limits = tree.limits
        tree.edit(EntryPosition(position)) { leaf, place, edges in
            leaf.replace(place.position, with: bytes, edges, limits)
        }
    }

    package mutating func remove(at position: Int) {
        checkExists(position)
        tree.remove(at: position)
    }

    /// Nil when the list is empty.
    package mutating func popFirst() -> [UInt8]? {
        isEmpty ? nil : take(EntryPosition(0)) { _ in 0 }
    }

    /// Nil when the list is empty.
    package mutating func popLast() -> [UInt8]? {
        isEmpty ? nil : take(LastPosition()) { $0.count - 1 }
    }

    private mutating func take<Locator: TreeLocator<ListLeaf>>(
        _ locator: Locator, _ index: (ListLeaf) -> Int
    ) -> [UInt8] {
        var element: [UInt8] = []
        tree.edit(locator) { leaf, _, _ in
            let index = index(leaf)
            element = leaf.bytes(index)
            leaf.removeSubrange(index..<index + 1)
            return []
        }
        return element
    }

    /// Removes elements in a time that does not depend on how many there are; they are freed with what is returned.
    package mutating func removeSubrange(_ range: Range<Int>) -> Remains {
        checkExists(range)
        return Remains(nodes: tree.remove(range))
    }

    package mutating func removeAll() -> Remains { removeSubrange(0..<count) }

    /// Removed elements that still hold their memory.
    package struct Remains: Sendable {
        fileprivate var nodes: TreeRemains<ListLeaf>

        package var isEmpty: Bool { nodes.isEmpty }
        package var residentBytes: Int { nodes.measure.resident }
        package var count: Int { nodes.measure.count }

        /// Frees about that many elements.
        package mutating func free(_ elementsMax: Int) { nodes.free(elementsMax) }
    }
}

extension PackedList {
    /// Visits the elements in `range` with their positions, in order, while `body` says so.
    package func forEach(in range: Range<Int>, _ body: (Int, Span<UInt8>) -> Bool) {
        checkExists(range)
        tree.ascend(range) { leaf, start, inside in
            inside.allSatisfy { index in leaf.withBytes(index) { body(start + index, $0) } }
        }
    }

    /// Visits the elements in `range` with their positions, from the last to the first, while `body` says so.
    package func forEachReversed(in range: Range<Int>, _ body: (Int, Span<UInt8>) -> Bool) {
        checkExists(range)
        tree.descend(range) { leaf, start, inside in
            inside.reversed().allSatisfy { index in leaf.withBytes(index) { body(start + index, $0) } }
        }
    }

    /// Visits the positions in `range` of the elements that equal `element`, in order, while `body` says so.
    package func forEachPosition(of element: some ByteString & ~Escapable, in range: Range<Int>, _ body: (Int) -> Bool)
    {
        forEach(in: range) { position, other in !areEqual(element, other) || body(position) }
    }

    /// Visits the positions in `range` of the elements that equal `element`, from the last to the first, while `body`
    /// says so.
    package func forEachPositionReversed(
        of element: some ByteString & ~Escapable, in range: Range<Int>, _ body: (Int) -> Bool
    ) {
        forEachReversed(in: range) { position, other in !areEqual(element, other) || body(position) }
    }

    package var violation: String? { tree.violation }
}
