import RoostModel
import RoostStorage

/// A search through the messages of a queue, a bounded number of them at a time.
struct Search {
    enum Wish {
        case text(TextFinder)
        /// Messages that say of which queue they were dead letters.
        case origin
    }

    static let textBytesMax = 1024
    static let limitMax = 100
    /// In this order, when no state is named. Damaged messages have no body.
    static let states: [MessageState] = [.ready, .inFlight, .delayed, .buried]
    /// Looked at for one answer.
    private static let messagesMax = 10_000
    private static let bytesMax = 16 * 1024 * 1024
    private static let pageMessages = 500

    private let wish: Wish
    private let states: [MessageState]
    private let limit: Int
    private let keepsFound: Bool
    private(set) var found: [PeekedMessage] = []
    private(set) var foundCount = 0
    /// All answers of this search together.
    private(set) var searched = 0
    /// Where to go on: the list, and the place in it. Nil: at its end.
    private var next: (state: Int, place: BrowsePlace?)?

    init(text: [UInt8], states: [MessageState], limit: Int) {
        wish = .text(TextFinder(text))
        self.states = states
        self.limit = limit
        keepsFound = true
        next = (0, nil)
    }

    /// Counts what is found, as far as one answer goes, and keeps none of it.
    init(counting wish: Wish, states: [MessageState]) {
        self.wish = wish
        self.states = states
        limit = .max
        keepsFound = false
        next = (0, nil)
    }

    /// Goes on where an earlier answer ended: `STATE.SEARCHED` and, within a list, `.PLACE`.
    mutating func goOn(after cursor: String) throws {
        let parts = cursor.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let state = states.firstIndex(where: { $0.name == parts[0] }),
            let searched = decimal(parts[1])
        else { throw Problem.invalidCursor }
        self.searched = searched
        next = (state, nil)
        guard parts.count == 3 else { return }
        guard let place = BrowsePlace(String(parts[2])) else { throw Problem.invalidCursor }
        next = (state, place)
    }

    private var cursor: JSON {
        guard let next else { return nil }
        // Nine digits are read again; a search that long only loses count.
        let head = "\(states[next.state].name).\(min(searched, 999_999_999))"
        return .string(next.place.map { "\(head).\($0)" } ?? head)
    }

    mutating func run(in queue: QueueName, _ calls: StorageCalls) async throws {
        var (messages, bytes) = (0, 0)
        while let (state, place) = next, foundCount < limit, messages < Self.messagesMax, bytes < Self.bytesMax {
            let options = BrowseOptions(state: states[state], count: Self.pageMessages, after: place)
            let page = try await calls.browse(queue, options)
            let taken = take(page.messages, state)
            messages += taken.count
            bytes += taken.reduce(0) { $0 + $1.body.count }
            guard taken.count == page.messages.count else { continue }
            next = page.next.map { (state, $0) } ?? (state + 1 < states.count ? (state + 1, nil) : nil)
            // A page may have walked over messages of other states only.
            messages += page.messages.isEmpty ? Self.pageMessages : 0
        }
    }

    /// What was looked at: all, or up to the last one that there is room for.
    private mutating func take(_ page: [PeekedMessage], _ state: Int) -> ArraySlice<PeekedMessage> {
        for (place, message) in page.enumerated() {
            searched += 1
            guard matches(message) else { continue }
            foundCount += 1
            if keepsFound { found.append(message) }
            if foundCount == limit, let behind = message.place {
                next = (state, behind)
                return page[...place]
            }
        }
        return page[...]
    }

    private func matches(_ message: PeekedMessage) -> Bool {
        switch wish {
        case .origin: message.deadLetterSource != nil
        case .text(let finder): finder.isFound(in: message)
        }
    }

    func json(of counts: MessageCounts) -> JSON {
        json(.array(found.map { JSON($0) }), as: "messages", of: counts)
    }

    /// The same with a count of what was done to the messages.
    func json(count: Int, as name: String, of counts: MessageCounts) -> JSON {
        json(.count(count), as: name, of: counts)
    }

    private func json(_ value: JSON, as name: String, of counts: MessageCounts) -> JSON {
        // What is gone meanwhile was searched all the same.
        let all = max(searched, states.reduce(0) { $0 + counts[$1] })
        return .object([
            .init(name: name, value: value), .init(name: "searched", value: .count(searched)),
            .init(name: "of", value: .count(all)), .init(name: "next_after", value: cursor),
        ])
    }
}

extension TextFinder {
    /// In the body, the group, or the value of an attribute.
    fileprivate func isFound(in message: PeekedMessage) -> Bool {
        isFound(in: message.body) || (message.group.map { isFound(in: [UInt8]($0.utf8)) } ?? false)
            || message.attributes.contains { attribute in
                guard case .text(let value) = attribute.value else { return false }
                return isFound(in: [UInt8](value.utf8))
            }
    }
}
