import RoostModel

/// Queues in the order of the target of their dead letters, then of their names: the sources of one target stand
/// together.
struct SourceKey: Comparable {
    var target: QueueName
    var name: QueueName

    static func < (left: Self, right: Self) -> Bool {
        left.target == right.target ? left.name < right.name : left.target < right.target
    }
}

/// The links of the tree of sources, which stand in the queues. Only queues with a policy are in it.
struct SourceNodes: TreapNodes {
    var chunks: ContiguousArray<ContiguousArray<Queue>>

    private subscript(id: UInt32) -> Queue {
        @inline(__always) _read {
            yield chunks[Int(id) / QueueTable.queuesPerChunk][Int(id) % QueueTable.queuesPerChunk]
        }
        @inline(__always) _modify {
            yield &chunks[Int(id) / QueueTable.queuesPerChunk][Int(id) % QueueTable.queuesPerChunk]
        }
    }

    func treapKey(_ node: UInt32) -> SourceKey {
        let name = self[node].name
        return SourceKey(target: self[node].settings.deadLetters?.target ?? name, name: name)
    }
    func treapLeft(_ node: UInt32) -> UInt32 { self[node].sourceLeft }
    func treapRight(_ node: UInt32) -> UInt32 { self[node].sourceRight }
    mutating func setTreapLeft(_ node: UInt32, _ child: UInt32) { self[node].sourceLeft = child }
    mutating func setTreapRight(_ node: UInt32, _ child: UInt32) { self[node].sourceRight = child }
}

extension QueueTable {
    /// Visits the queues whose dead letters go to `target`, those behind `after`, while `visit` says so.
    func listSources(of target: QueueName, after: QueueName?, _ visit: (UInt32) -> Bool) {
        let isIncluded = { (key: SourceKey) in
            key.target == target ? after.map { $0 < key.name } ?? true : target < key.target
        }
        sourceTree.ascend(from: isIncluded, in: SourceNodes(chunks: chunks)) { id in
            self[id].settings.deadLetters?.target == target && visit(id)
        }
    }

    mutating func setSettings(of id: UInt32, _ settings: QueueSettings) {
        leaveSources(id)
        textBytes -= Self.textBytes(self[id])
        self[id].settings = settings
        bindings.set(id, settings.properties)
        textBytes += Self.textBytes(self[id])
        enterSources(id)
    }

    mutating func enterSources(_ id: UInt32) {
        guard self[id].settings.deadLetters != nil else { return }
        changeSources { $0.insert(id, in: &$1) }
    }

    mutating func leaveSources(_ id: UInt32) {
        guard self[id].settings.deadLetters != nil else { return }
        changeSources { $0.remove(id, in: &$1) }
    }

    /// For queues that were taken up from an image, which has no tree of sources.
    mutating func restoreSources() {
        for id in 0..<idCount where isLive(id) { enterSources(id) }
    }

    private mutating func changeSources(_ change: (inout Treap, inout SourceNodes) -> Void) {
        var nodes = SourceNodes(chunks: [])
        swap(&nodes.chunks, &chunks)
        change(&sourceTree, &nodes)
        swap(&nodes.chunks, &chunks)
    }
}
