import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

// Coming to rest, and looking at everything.

extension World {
    /// A request that has to be answered soon, whatever happens.
    private var isOwed: Bool {
        books.calls.contains { call in
            switch call.request {
            case .receive(_, let options): options.wait == .zero
            case .keys(let request): request.wait == nil
            default: true
            }
        }
    }

    var isGone: Bool { storage == nil || disk.isOff || books.hasFailed }

    /// Lets everything that is under way come to its end. Whoever has not got an answer by then never gets one.
    func settle() throws(Mismatch) {
        var rounds = 0
        repeat {
            try answerAll(&rounds)
            try turnToRest()
            // Time may have made messages ready for those who wait, and their bodies are still being read.
        } while background.isBusy(.reads) && !isGone && !isDiskFull
        guard !isGone, !isDiskFull else { return }
        try checkRest()
        books.close()
    }

    /// A turn may leave time to the next one when a large request waited for room, and takes up one request alone when
    /// no more fits into a batch: a receive that nobody is owed an answer to may stand behind others.
    private func turnToRest() throws(Mismatch) {
        var idle = 0
        var rounds = 0
        while idle < 3, !isGone, !isDiskFull {
            let before = (books.newest, books.repliesCount)
            try turn()
            try commit()
            idle = before == (books.newest, books.repliesCount) ? idle + 1 : 0
            rounds += 1
            try require(rounds < 2000, "turns go on and on, and nothing is asked")
        }
    }

    private func answerAll(_ rounds: inout Int) throws(Mismatch) {
        while !isGone {
            try turn()
            try commit()
            let worked = try stepAll()
            if isGone { return }
            rounds += 1
            if !isOwed, !worked || rounds > 400 { return }
            try require(
                rounds < 2000,
                "no answer to \(books.calls.first.map { $0.request.brief } ?? "a request"), and nothing goes on")
            clock.advance(milliseconds: rounds < 50 ? 1 : 100)
        }
    }

    /// A step of each lane that has something to do. False: there was nothing.
    private func stepAll() throws(Mismatch) -> Bool {
        var worked = false
        for lane in BackgroundLane.allCases {
            while background.isBusy(lane), !disk.isOff {
                worked = true
                guard background.notBefore(lane) <= clock.source.monotonicNanoseconds() else { break }
                try stepBackground(lane)
                // A snapshot and cleaning wait for commits in between.
                if lane != .reads { break }
            }
        }
        return worked
    }

    /// What must hold when nothing is under way.
    private func checkRest() throws(Mismatch) {
        guard let time = books.turns.last else { return }
        let state = books.state
        let now = BrokerTime(milliseconds: time)
        let due = state.due(at: now).map(\.number)
        try require(due.isEmpty, "the time of messages \(due) is over, and nothing happens")
        if now >= books.permits.retentionHeldUntil ?? now {
            for queue in state.queues {
                let expired = queue.expired(at: now).map(\.number)
                try require(expired.isEmpty, "messages \(expired) of \(queue.name) are too old, and are still there")
            }
        }
        for call in books.calls {
            guard case .receive(let name, _) = call.request else { continue }
            try require(
                state.queue(named: name).map { !$0.isDeliverable } ?? false,
                "a receive from \(name) waits, though there are messages (or no queue)")
        }
        try books.checkKeysAtRest(now)
        let left = books.leases.first { !books.isOver($0) }
        try require(
            left == nil || books.permits.damage, "a lease was never delivered: \(left?.messages.map(\.number) ?? [])")
    }

    /// Looks at everything that a client can see, and compares it with the books.
    func verify() throws(Mismatch) {
        guard !isGone else { return }
        var questions: [StorageRequest] = [.listQueues(prefix: "", after: nil, limit: 1000)]
        for queue in books.state.queues {
            questions.append(.describeQueue(queue.name))
            questions.append(.listMoves(queue.name, limit: 1000))
            questions.append(.listDeadLetterSources(queue.name, after: nil, limit: 1000))
            for state in MessageState.allCases {
                questions.append(.peek(queue.name, PeekOptions(state: state, from: .head, count: 1000)))
            }
        }
        try submit(questions + RandomKeyRequests.lookAtAll(books.state.keys))
        try settle()
    }
}

// MARK: - Moves in the background

extension World {
    private var movesRunning: Int { books.state.tasks.count { $0.told.status == .running } }

    /// Whatever the rate of a move is: with time it comes to its end.
    func endMoves() throws(Mismatch) {
        var rounds = 0
        while movesRunning > 0, !isGone, rounds < 2000 {
            clock.advance(milliseconds: 1001)
            try settle()
            rounds += 1
        }
        try require(movesRunning == 0 || isGone || isDiskFull, "a move does not come to its end")
    }
}

// MARK: - Ends and starts

extension World {
    /// Ends this life and starts the next one, however often it takes. `trouble` may plan faults for each start.
    /// `again`: how a start that is cut ends.
    /// `looks`: everything is compared after it; otherwise the next requests do.
    func crashAndRecover(
        _ crash: Crash, again: Crash? = nil, looks: Bool = true, trouble: (World, Int) -> Void = { _, _ in }
    ) throws(Mismatch) {
        var permitted = survivors(crash)
        self.crash(crash)
        var attempt = 0
        while true {
            attempt += 1
            try require(attempt < 100, "a hundred starts, and none ends")
            trouble(self, attempt)
            switch try open(permitted) {
            case .ready:
                if !keepsFaults { disk.forgetFaults() }
                if looks { try verify() }
                return
            case .interrupted:
                coverage.hit(disk.isOff ? .recoveryInterrupted : .recoveryMetError)
                let next = again ?? (dice.chance(percent: 25) ? .process : .power(seed: dice.number()))
                let least = min(permitted.lowerBound, survivors(next).lowerBound)
                permitted = least...permitted.upperBound
                disk.memory.capacityBytes = nil
                self.crash(next)
            case .refused(let error):
                try require(hasFaultFired, "the start is refused, though nothing was damaged: \(error)")
                hasFaultFired = false
                endLife()
            }
        }
    }
}
