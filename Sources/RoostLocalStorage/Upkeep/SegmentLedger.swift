import RoostCore
import RoostLog

/// How much of each segment is still needed: framed records of messages that live. Recomputed from the index at start.
struct SegmentLedger {
    /// Segment `first + i` stands at index `i`. Segments go at the front, as cleaning empties the oldest ones.
    private var live: ContiguousArray<Int> = []
    private var first: UInt32 = 1
    /// Of all segments.
    private(set) var liveBytes = 0
    /// Since `resetReleased`: tells when it is worth looking for segments that hold little.
    private(set) var releasedBytes = 0

    init() {}

    func liveBytes(of segment: UInt32) -> Int {
        let place = Int(segment) - Int(first)
        return live.indices.contains(place) ? live[place] : 0
    }

    mutating func add(_ location: BodyLocation) {
        if live.isEmpty { first = location.segment }
        if location.segment < first {
            live.insert(contentsOf: repeatElement(0, count: Int(first - location.segment)), at: 0)
            first = location.segment
        }
        let place = Int(location.segment - first)
        while live.count <= place { live.append(0) }
        let bytes = RecordFrame.bytes(payloadBytes: Int(location.length))
        live[place] += bytes
        liveBytes += bytes
    }

    mutating func release(_ location: BodyLocation) {
        let place = Int(location.segment) - Int(first)
        guard live.indices.contains(place) else { return }
        let bytes = RecordFrame.bytes(payloadBytes: Int(location.length))
        live[place] -= bytes
        liveBytes -= bytes
        releasedBytes += bytes
    }

    mutating func resetReleased() { releasedBytes = 0 }

    /// Segments below are gone.
    mutating func forget(below segment: UInt32) {
        guard segment > first else { return }
        let count = min(Int(segment - first), live.count)
        guard live.prefix(count).allSatisfy({ $0 == 0 }) else { return }
        live.removeFirst(count)
        first += UInt32(count)
    }

    /// Segments that messages need.
    var needed: Set<UInt32> {
        Set(live.indices.filter { live[$0] > 0 }.map { first + UInt32($0) })
    }
}
