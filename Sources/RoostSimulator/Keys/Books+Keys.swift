import RoostCore
import RoostModel
import RoostStorage

/// A watch that was answered.
struct WatchNote: Sendable {
    struct Part: Sendable {
        var name: ModelKeys.Name
        /// It began after one of these records.
        var since: ClosedRange<UInt64>
    }

    var database: UInt8
    var parts: [Part]
}

/// What the books know of commands on keys.
///
/// Records of keys do not name their request. So each must be what at least one open request comes to, when it is
/// written; whose it was, the replies tell. When everything is answered, nobody's record may be left.
struct KeyBooks: Sendable {
    /// Records that no reply told of yet.
    var open: [UInt64] = []
    /// Requests whose reply fits a state in which they change nothing. Some of them may have left a record
    /// nevertheless: that of a change to what was there already.
    var quiet: [(request: KeyRequest, replies: [KeyReply])] = []
    /// Of this life.
    var watches: [UInt64: WatchNote] = [:]
}

extension KeyRequest {
    /// What it may come to: a command that waits takes from one of its keys, and does not look at the others then.
    var forms: [KeyRequest] {
        guard let wait, let command = commands.first else { return [self] }
        return [self]
            + wait.keys.compactMap { key in
                command.taking(from: key).map { KeyRequest(database: database, [$0]) }
            }
    }
}

extension KeyCommand {
    fileprivate func taking(from key: Bytes) -> KeyCommand? {
        switch self {
        case .list(.popFirst(_, let end, let count)): .list(.popFirst([key], end, count: count))
        case .list(.popFirstElement(_, let end)): .list(.popFirstElement([key], end))
        case .sortedSet(.popFirst(_, let end, let count)): .sortedSet(.popFirst([key], end, count: count))
        case .sortedSet(.popFirstMember(_, let end)): .sortedSet(.popFirstMember([key], end))
        default: nil
        }
    }
}

/// Of a queue, as far as a watch on it sees it.
private struct QueueHistory: Equatable {
    var counts: MessageCounts
    var totals: MessageTotals
    /// Which queue of all there ever were.
    var serial: Int
}

extension KeyRequest {
    /// Of one that waits: what it does when something comes to one of its keys.
    fileprivate var formsThatTake: [KeyRequest] {
        if case .list(.move)? = commands.first { return [self] }
        return Array(forms.dropFirst())
    }

    /// Bodies of messages may have to be read from disk for it.
    var mayReadBodies: Bool {
        database == 0
            && commands.contains { command in
                switch command {
                case .list(.pop), .list(.popFirst), .list(.popFirstElement), .list(.move), .list(.element),
                    .list(.range):
                    true
                default: false
                }
            }
    }
}

extension KeyReply {
    fileprivate var hasElement: Bool {
        switch self {
        case .array, .bytes: true
        default: false
        }
    }

    var isNothing: Bool { self == .null || self == .nullArray }
}

// MARK: - Records

extension KeysEntry {
    /// Databases that are emptied, or become others.
    fileprivate var flushed: [UInt8] {
        effects.flatMap { effect -> [UInt8] in
            switch effect {
            case .flush: [database]
            case .databases(.swap(let one, let other)): [one, other]
            case .databases(.flushAll): Array(0..<16)
            default: []
            }
        }
    }
}

extension ModelState {
    mutating func changeKeys(_ entry: KeysEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let isTick = entry.effects.allSatisfy { effect in
            guard case .delete(let key) = effect else { return false }
            let name = ModelKeys.Name(database: entry.database, key: key)
            return keys.keys[name] != nil && keys.visible(name, at: now) == nil
        }
        let touched = try keys.apply(entry)
        return isTick ? .keysExpired(touched) : .keys(touched, flushed: entry.flushed)
    }
}

extension Books {
    /// All of a record is what one request comes to: never a part of it, never more.
    mutating func noteKeys(_ record: LoggedRecord, _ before: ModelState, _ after: Moment) throws(Mismatch) {
        let now = BrokerTime(milliseconds: record.time)
        let isAsked = calls.contains { call in
            guard case .keys(let request) = call.request else { return false }
            return request.forms.contains { leads($0, before, to: after.state, after.note, now, told: nil) }
        }
        try require(isAsked, "nobody asked for record \(record.sequence): \(after.note)")
        if !after.note.isOfDeadLettersAlone { keyBooks.open.append(record.sequence) }
    }

    /// Whether a request makes the keys of these and does to queues what the record says, with these replies. What is
    /// random is believed until it is told.
    ///
    /// - Parameter note: of the record; nil: nothing happens.
    func leads(
        _ request: KeyRequest, _ before: ModelState, to after: ModelState, _ note: RecordNote?, _ now: BrokerTime,
        told: [KeyReply]?
    ) -> Bool {
        guard let expected = note.map({ $0.queueEffects }) ?? [] else { return false }
        var bridge = ModelBridge(before, request.database, now, messageBytesMax: messageBytesMax)
        guard let replies = bridge.run(request, told: told) else { return true }
        // Replies tell most of the differences, and cost less to compare.
        if let told, !request.agree(told, replies) { return false }
        return bridge.effects.publishedInOrder == expected && bridge.state.keys.isSame(as: after.keys, at: now)
    }
}

extension KeyRequest {
    fileprivate func agree(_ told: [KeyReply], _ expected: [KeyReply]) -> Bool {
        told.count == commands.count && expected.count == commands.count
            && commands.indices.allSatisfy { commands[$0].ordered(told[$0]) == commands[$0].ordered(expected[$0]) }
    }
}

// MARK: - Replies

extension Books {
    mutating func keysReply(
        _ call: Call, _ index: Int, _ request: KeyRequest, _ replies: [KeyReply]
    ) throws(Mismatch) {
        if request.wait != nil, replies.count == 1, replies[0].isNothing {
            return try nothingCame(call, index, request)
        }
        guard let place = explanation(call, index, request, replies) else {
            throw Mismatch("\(replies.map(\.text)) was never right; \(expectation(request))")
        }
        if place.isRecord {
            keyBooks.open.removeAll { $0 == place.sequence }
            if !call.isUnordered { calls[index].records = [(place.sequence, moment(place.sequence).note)] }
        } else {
            keyBooks.quiet.append((request, replies))
        }
        noteAnswered(place.sequence)
        try endWatch(request, heldUntil: place.isRecord ? place.sequence - 1 : place.sequence)
    }

    private func expectation(_ request: KeyRequest) -> String {
        let now = BrokerTime(milliseconds: turns.last ?? 0)
        var bridge = ModelBridge(state, request.database, now, messageBytesMax: messageBytesMax)
        return "now it is \(bridge.run(request, told: nil)?.map(\.text) ?? [])"
    }

    /// The first record or state that fits.
    private func explanation(
        _ call: Call, _ index: Int, _ request: KeyRequest, _ replies: [KeyReply]
    ) -> (sequence: UInt64, isRecord: Bool)? {
        let window = window(call, index)
        for sequence in window.sequences {
            let moment = moment(sequence)
            if sequence > window.sequences.lowerBound, keyBooks.open.contains(sequence) {
                let (before, now) = (self.moment(sequence - 1).state, BrokerTime(milliseconds: moment.time))
                let fits = request.forms.contains {
                    leads($0, before, to: moment.state, moment.note, now, told: replies)
                }
                if fits { return (sequence, true) }
            }
            let next = sequence < newest ? self.moment(sequence + 1).time : Int64.max
            for time in window.times where time <= next && time >= moment.time {
                let (state, now) = (moment.state, BrokerTime(milliseconds: time))
                let fits = request.forms.contains { leads($0, state, to: state, nil, now, told: replies) }
                if fits { return (sequence, false) }
            }
        }
        return nil
    }

    private func nothingCame(_ call: Call, _ index: Int, _ request: KeyRequest) throws(Mismatch) {
        if isEnding || call.isCancelled { return }
        let waited = (turns.last ?? 0) - (call.firstTurn ?? 0)
        guard let timeout = request.wait?.timeout else { throw Mismatch("nothing came, but it was to wait for ever") }
        try require(waited >= timeout.count, "nothing after \(waited) ms, but it was to wait \(timeout.count) ms")
    }
}

// MARK: - Watches

extension Books {
    mutating func watching(
        _ call: Call, _ index: Int, _ database: UInt8, _ names: [Bytes], under old: UInt64?, _ number: UInt64
    ) throws(Mismatch) {
        if let old, keyBooks.watches[old] != nil, old != number, !isUsed(old) {
            throw Mismatch("watch \(old) goes on, and is \(number) now")
        }
        try require(old == number || keyBooks.watches[number] == nil, "watch \(number) is there already")
        let since = window(call, index).sequences
        var note = keyBooks.watches[number] ?? WatchNote(database: database, parts: [])
        for key in names where !note.parts.contains(where: { $0.name.key == key }) {
            note.parts.append(.init(name: .init(database: database, key: key), since: since))
        }
        keyBooks.watches[number] = note
    }

    /// An open request ends it.
    func isUsed(_ watch: UInt64) -> Bool {
        calls.contains { call in
            switch call.request {
            case .keys(let request): request.watch == watch
            case .unwatch(watch): true
            default: false
            }
        }
    }

    /// The commands were carried out: nothing that was watched may have changed before, up to this record.
    private mutating func endWatch(_ request: KeyRequest, heldUntil last: UInt64) throws(Mismatch) {
        guard let number = request.watch else { return }
        guard let watch = keyBooks.watches.removeValue(forKey: number) else {
            throw Mismatch("watch \(number) is unknown, and counts as held")
        }
        for part in watch.parts where part.since.upperBound < last {
            for sequence in part.since.upperBound + 1...last where isTouched(part.name, sequence) {
                throw Mismatch(
                    "record \(sequence) changed \(part.name.key.word), which is watched, and the commands were done")
            }
        }
    }

    mutating func watchBroke(_ request: KeyRequest) throws(Mismatch) {
        guard let number = request.watch, let watch = keyBooks.watches.removeValue(forKey: number) else { return }
        let now = BrokerTime(milliseconds: turns.last ?? 0)
        let isBroken = watch.parts.contains { part in
            (part.since.lowerBound...newest).contains { sequence in
                let isLater = sequence > part.since.lowerBound
                if isLater, isTouched(part.name, sequence) || isFlushed(part.name.database, sequence) { return true }
                // Time ended it.
                return moment(sequence).state.keys.keys[part.name]?.expiry.map { $0 <= now } ?? false
            }
        }
        try require(isBroken, "a watch is broken, and nothing that it names changed")
    }

    private func isTouched(_ name: ModelKeys.Name, _ sequence: UInt64) -> Bool {
        moment(sequence).note.parts.contains { part in
            switch part {
            case .keys(let touched, _), .keysExpired(let touched): touched.contains(name)
            default: false
            }
        } || history(name, sequence - 1) != history(name, sequence)
    }

    /// What changes whenever something happens to the messages of the queue that a key is.
    private func history(_ name: ModelKeys.Name, _ sequence: UInt64) -> QueueHistory? {
        guard name.database == 0 else { return nil }
        let queue = moment(sequence).state.queues.first { $0.name.key == name.key }
        return queue.map { QueueHistory(counts: $0.counts, totals: $0.totals, serial: $0.serial) }
    }

    /// That breaks watches on names that are not there, too.
    private func isFlushed(_ database: UInt8, _ sequence: UInt64) -> Bool {
        moment(sequence).note.parts.contains { part in
            if case .keys(_, let flushed) = part { flushed.contains(database) } else { false }
        }
    }
}

// MARK: - Rest

extension Books {
    /// What must hold of keys when nothing is under way.
    func checkKeysAtRest(_ now: BrokerTime) throws(Mismatch) {
        // Nobody sees them, but they take memory. Where the clock is doubted they stay for a while.
        let expired = now >= permits.retentionHeldUntil ?? now ? state.keys.expired(at: now) : []
        try require(expired.isEmpty, "the time of keys \(expired.map(\.key.word)) is over, and they are still there")
        for call in calls {
            guard case .keys(let request) = call.request, request.wait != nil else { continue }
            for form in request.formsThatTake {
                var bridge = ModelBridge(state, form.database, now, messageBytesMax: messageBytesMax)
                guard bridge.run(form, told: nil)?.first?.hasElement ?? false else { continue }
                throw Mismatch("a command waits, though there is something: \(request.commands.map(\.brief))")
            }
        }
        for sequence in keyBooks.open {
            let (before, after) = (moment(sequence - 1).state, moment(sequence))
            let time = BrokerTime(milliseconds: after.time)
            let isQuiet = keyBooks.quiet.contains { request, replies in
                request.forms.contains { leads($0, before, to: after.state, after.note, time, told: replies) }
            }
            try require(isQuiet || permits.damage, "no reply told of record \(sequence): \(after.note)")
        }
    }
}

extension Bytes {
    var word: String { String(decoding: self, as: UTF8.self) }
}

extension KeyReply {
    /// The same with strings in one piece of memory as the array that they stand for.
    var inParts: KeyReply {
        guard case .strings(let strings) = self else { return self }
        var parts: [KeyReply] = []
        strings.forEach { parts.append(.bytes(Bytes($0))) }
        return .array(parts)
    }
}
