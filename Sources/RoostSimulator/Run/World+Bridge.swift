import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

// Queues as keys: how they are asked for, and what is counted of them.

extension Submission {
    /// A single command that neither waits nor watches goes over without a list around it, every other time.
    var aloneIfPossible: Submission {
        guard token.isMultiple(of: 2), case .keys(let request) = request, let command = request.commands.first,
            request.commands.count == 1, request.wait == nil, request.watch == nil
        else { return self }
        return Submission(token: token, request: .key(command, database: request.database))
    }
}

extension World {
    /// Every fourth single command is carried out at once, if the storage does that. Its reply leaves now when the
    /// storage says that it may, or else when the barrier that goes over instead is answered. Nil: nothing goes over.
    ///
    /// - Parameter goesOn: another command was carried out at once at this time.
    func carryOutAtOnce(_ submission: Submission, _ storage: LocalStorage, _ goesOn: inout Bool) -> Submission? {
        guard submission.token.isMultiple(of: 4), case .key(let command, let database) = submission.request,
            let done = storage.carryOutAtOnce(command, database: database, goesOn: goesOn)
        else { return submission }
        goesOn = true
        coverage.hit(done.isOnDisk ? .toldAtOnce : .carriedOutAtOnce)
        books.carriedOut(submission.token, at: clock.broker)
        guard !done.isOnDisk else {
            events.add(.reply(Completion(token: submission.token, result: .success(.key(done.reply)))))
            return nil
        }
        repliesAtOnce[submission.token] = done.reply
        return Submission(token: submission.token, request: .barrier)
    }

    func noteBridge(_ note: RecordNote, _ sequence: UInt64) {
        if case .voided = note { coverage.hit(.transactionVoided) }
        if case .transaction(let notes) = note { noteTransaction(notes) }
        for case .taken(let name, _) in note.parts {
            coverage.hit(.popped)
            if books.moment(sequence).state.queue(named: name)?.isBlocked ?? false { coverage.hit(.poppedInOrder) }
        }
        if case .resumed(let name) = note, isAwaited(name), books.state.queue(named: name)?.isDeliverable ?? false {
            coverage.hit(.popWaiterResumed)
        }
        if case .moved(let number) = note {
            let group = books.moment(sequence).state.find(number: number)?.message.group
            if group != nil { coverage.hit(.groupMovedByCleaning) }
        }
    }

    private func noteTransaction(_ notes: [RecordNote]) {
        coverage.hit(.queuesTransaction)
        for (first, second) in zip(notes, notes.dropFirst()) {
            switch (first, second) {
            case (.taken, .sent): coverage.hit(.movedBetweenQueues)
            case (.taken, .keys): coverage.hit(.movedToList)
            case (.keys, .sent): coverage.hit(.movedFromList)
            case (.transferred, .taken): coverage.hit(.poppedBehindDeadLetters)
            default: break
            }
        }
    }

    /// A blocked client names the queue.
    private func isAwaited(_ name: QueueName) -> Bool {
        books.calls.contains { call in
            guard case .keys(let request) = call.request, request.database == 0 else { return false }
            return request.wait?.keys.contains(name.key) ?? false
        }
    }

    func noteBridgeReply(_ call: Call, _ request: KeyRequest, _ replies: [KeyReply]) {
        let isQueue = { [books] (key: Bytes) in
            request.database == 0 && books.state.queues.contains { $0.name.key == key }
        }
        for (command, reply) in zip(request.commands, replies) {
            switch (command, reply) {
            case (.publish, .integer(1...)): coverage.hit(.publishStored)
            case (.key(.delete(let keys)), .integer(1...)):
                if keys.contains(where: isQueue) { coverage.hit(.purgedAsKey) }
            default: break
            }
        }
        let isBehind = (call.firstTurn ?? .max) < clock.broker - 5
        guard let wait = request.wait, isBehind, let reply = replies.first, !reply.isNothing else { return }
        switch reply {
        case .array(let parts): if case .bytes(let key)? = parts.first, isQueue(key) { coverage.hit(.popWaiterServed) }
        case .bytes: if wait.keys.contains(where: isQueue) { coverage.hit(.popWaiterServed) }
        default: break
        }
    }

    /// Of a watch on queues alone.
    func noteBridgeWatch(_ request: KeyRequest, isHeld: Bool) {
        guard let number = request.watch, let watch = books.keyBooks.watches[number] else { return }
        let isOfQueues = watch.parts.allSatisfy { part in
            part.name.database == 0 && books.state.queues.contains { $0.name.key == part.name.key }
        }
        if isOfQueues { coverage.hit(isHeld ? .queueWatchHeld : .queueWatchBroken) }
    }
}
