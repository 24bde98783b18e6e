import RoostModel
import RoostStorage

// From a request that has been read to the reply: through the actions to the storage and back.
extension SQSConnection {
    /// The request is complete.
    func finish() {
        body.join()
        if let fault = faultOfSignature() { return answer(fault) }
        guard let head else { return }
        switch head.route {
        case .action(let index): start(index)
        case .health: answerHealth()
        case .fault(let fault): answer(fault)
        case .query(let query): start(query)
        case .notFound: answerNotFound()
        }
    }

    private func start(_ action: Int) {
        start(body.withBytes { ActionTable.plan(action, $0, &scope) })
    }

    private func start(_ query: QueryRequest) {
        var query = query
        let plan = body.withBytes { query.plan($0, &scope) }
        head?.route = .query(query)
        if let plan { start(plan) } else { answerNotFound() }
    }

    private func start(_ plan: Result<Plan, SQSFault>) {
        if case .success(let plan) = plan, let fault = faultOfAccess(plan) { return answer(fault) }
        switch plan {
        case .failure(let fault): answer(fault)
        case .success(.single(let request, .received(let queue, let selection))):
            // The storage gets nothing of its body, and a long poll would keep the room from others.
            clearBody()
            submit(request, .received(queue, selection))
        case .success(let plan): handOver(plan)
        }
    }

    private func handOver(_ plan: Plan) {
        guard handOverBody() else { return answer(.noRoomForBody) }
        switch plan {
        case .single(let request, let shape): submit(request, shape)
        case .batch(let batch): submit(batch)
        }
    }

    private func submit(_ request: StorageRequest, _ shape: ReplyShape) {
        // Only receives have replies that matter. Messages that could not be handed over would only be leased in vain.
        if case .received = shape, outlet.load.isUnsentFull { return answer(.tooManyUnsent) }
        enter(.waiting)
        let token = outlet.submit(request, for: self, index: 0)
        if case .received = shape { receiveToken = token }
        exchange = .single(shape)
    }

    private func submit(_ batch: Batch) {
        var batch = batch
        enter(.waiting)
        for index in batch.entries.indices {
            guard case .waiting(let request) = batch.entries[index].outcome else { continue }
            batch.entries[index].outcome = .submitted
            batch.open &+= 1
            _ = outlet.submit(request, for: self, index: index)
        }
        if batch.open == 0 { return answer(batch) }
        exchange = .batch(batch)
    }

    /// The storage has answered.
    func complete(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        guard phase == .waiting else { return returnUnwanted(index, result) }
        switch exchange {
        case .none: break
        case .single(let shape):
            exchange = .none
            receiveToken = nil
            answer(shape, result)
        case .batch(var batch):
            // Taken out, so that the entries are changed where they are.
            exchange = .none
            batch.settle(index, result)
            if batch.open == 0 {
                answer(batch)
            } else {
                exchange = .batch(batch)
            }
        }
        pump()
    }

    /// The client is gone. Messages that were leased for it go back at once.
    private func returnUnwanted(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        switch exchange {
        case .none: return
        case .batch(var batch):
            exchange = .none
            batch.settle(index, result)
            if batch.open > 0 {
                exchange = .batch(batch)
                return
            }
        case .single(let shape):
            exchange = .none
            receiveToken = nil
            if case .success(.received(let messages)) = result, case .received(let queue, _) = shape {
                outlet.giveBackUndelivered(messages, to: queue)
            }
        }
        clearBody()
    }
}
