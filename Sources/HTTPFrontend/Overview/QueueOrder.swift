import RoostModel

/// How a list of queues is sorted.
enum QueueOrder: String, CaseIterable {
    case name
    case ready
    case inFlight = "in_flight"
    case delayed
    case buried
    case damaged
    case oldest
    case waiters
    case sent = "in"
    case deleted = "out"

    /// Queues of equal rank stand in the order of their names, whichever way the others are sorted.
    func sorted(_ queues: [QueueInfo], _ picture: QueuePicture, isDescending: Bool) -> [QueueInfo] {
        guard self != .name else { return isDescending ? queues.reversed() : queues }
        let ranked = queues.enumerated().map { place, queue in
            (place: place, rank: rank(queue, picture), queue: queue)
        }
        return ranked.sorted { left, right in
            guard left.rank != right.rank else { return left.place < right.place }
            return isDescending ? left.rank > right.rank : left.rank < right.rank
        }.map(\.queue)
    }

    private func rank(_ queue: QueueInfo, _ picture: QueuePicture) -> Double {
        switch self {
        case .name: 0
        case .ready: Double(queue.counts.ready)
        case .inFlight: Double(queue.counts.inFlight)
        case .delayed: Double(queue.counts.delayed)
        case .buried: Double(queue.counts.buried)
        case .damaged: Double(queue.counts.damaged)
        case .oldest: Double(queue.oldestMessageAge?.count ?? -1)
        case .waiters: Double(queue.waiters)
        case .sent: picture.rates[queue.name]?.sent ?? 0
        case .deleted: picture.rates[queue.name]?.deleted ?? 0
        }
    }
}

/// A page of a sorted list.
struct SortedQueues {
    var order = QueueOrder.name
    var isDescending = false
    var contains = ""
    var prefix = ""
    var offset = 0
    var limit = 100

    func json(_ picture: QueuePicture) -> JSON {
        let matching = picture.queues.filter { queue in
            queue.name.text.hasPrefix(prefix) && (contains.isEmpty || queue.name.text.contains(contains))
        }
        let sorted = order.sorted(matching, picture, isDescending: isDescending)
        let page = sorted.dropFirst(offset).prefix(limit)
        return [
            "queues": .array(page.map { JSON($0, picture.rates[$0.name]) }),
            "more": .bool(offset + page.count < sorted.count), "next_after": nil, "total": .count(sorted.count),
            "left_out": .count(picture.leftOut), "as_of_ms": .time(picture.takenAt),
        ]
    }
}

extension JSON {
    /// A queue with what happens to it now.
    init(_ queue: QueueInfo, _ rates: QueueRates?) {
        guard case .object(var members) = JSON(queue) else {
            self = .null
            return
        }
        members.append(
            Member(
                name: "rates",
                value: [
                    "sent_per_second": .number(rates?.sent ?? 0), "received_per_second": .number(rates?.received ?? 0),
                    "deleted_per_second": .number(rates?.deleted ?? 0),
                ]))
        self = .object(members)
    }
}
