/// Some elements of a list.
typealias ListLeaf = Page<PlainSlot>

extension Page<PlainSlot>: TreeLeaf {
    static func weight(_ measure: TreeMeasure) -> Int { used(by: measure.count, measure.payload) }

    var measure: TreeMeasure {
        view { TreeMeasure(count: $0.count, payload: $0.payload, resident: residentBytes) }
    }

    func hasRoom(for entry: UnsafeRawBufferPointer, _ limits: NodeLimits) -> Bool {
        view { view in
            Self.used(by: view.count + 1, view.payload + entry.count) <= limits.pageBytes && view.count < limits.entries
        }
    }

    mutating func place(_ entry: UnsafeRawBufferPointer, at index: Int, _ limits: NodeLimits) {
        insert(entry, at: index, limit: limits.pageBytes)
    }

    mutating func append(_ next: Self) { append(next, from: 0) }

    mutating func replace(
        _ index: Int, with entry: UnsafeRawBufferPointer, _ edges: TreeEdges, _ limits: NodeLimits
    ) -> ContiguousArray<Self> {
        if overwrite(index, with: entry) { return [] }
        removeSubrange(index..<index + 1)
        return insert(entry, at: index, edges, limits)
    }

    static var lowestBound: Void { () }
    static func residentBytes(of bound: Void) -> Int { 0 }
    static func bound(between left: Self, and right: Self) {}
}
