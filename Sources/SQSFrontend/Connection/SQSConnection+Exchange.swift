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
        beginScope(isQuery: false)
        start(body.withBytes { ActionTable.plan(action, $0, &scope) })
    }

    private func start(_ query: QueryRequest) {
        var query = query
        beginScope(isQuery: true)
        let plan = body.withBytes { query.plan($0, &scope) }
        head?.route = .query(query)
        if let plan { start(plan) } else { answerNotFound() }
    }

    private func beginScope(isQuery: Bool) {
        scope.caller = ActionScope.Caller(sender: keyID, trace: head?.trace, isQuery: isQuery)
    }

    private func start(_ plan: Result<Plan, SQSFault>) {
        switch plan {
        case .failure(let fault): answer(fault)
        case .success(let plan):
            let access: (key: AccessKey, needs: AccessNeeds)?
            do throws(SQSFault) {
                access = try needs(of: plan)
            } catch {
                return answer(error)
            }
            if case .single(_, .received) = plan {
                // The storage gets nothing of its body, and a long poll would keep the room from others.
                clearBody()
            } else if !handOverBody() {
                return answer(.noRoomForBody)
            }
            if let access { decide(access.needs, of: access.key, plan) } else { carryOut(plan) }
        }
    }

    /// Goes on with a plan that the caller may carry out. What the storage holds of the body is counted.
    func carryOut(_ plan: Plan) {
        switch plan {
        case .single(let request, let shape): submit(request, shape)
        case .batch(let batch): submit(batch)
        case .question(let request, let next): ask(request, .question(next))
        case .exclusive(let queue, let plan):
            guard outlet.rules.beginPolicyChange(queue) else { return answer(.policyIsInChange) }
            policyInChange = queue
            carryOut(plan)
        }
    }

    func ask(_ request: StorageRequest, _ exchange: Exchange) {
        enter(.waiting)
        _ = outlet.submit(request, for: self, index: 0)
        self.exchange = exchange
    }

    private func submit(_ request: StorageRequest, _ shape: ReplyShape) {
        // Only receives have replies that matter. Messages that could not be handed over would only be leased in vain.
        if case .received = shape, outlet.load.isUnsentFull { return answer(.tooManyUnsent) }
        if let fault = outlet.rules.faultOfTiming(request) { return answer(fault) }
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
            outlet.rules.note(shape, isDone: result.isSuccess)
            answer(shape, result)
        case .question(let next):
            exchange = .none
            goOn(next, result)
        case .access(let question):
            exchange = .none
            decide(question, result)
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

    private func goOn(_ next: Plan.NextStep, _ result: Result<StorageReply, Rejection>) {
        let plan: Plan
        switch result {
        case .failure(let rejection): return answer(faultOfQuestion(rejection))
        case .success(let reply):
            do throws(SQSFault) {
                plan = try next(reply)
            } catch {
                return answer(error)
            }
        }
        carryOut(plan)
    }

    /// Questions about moves are asked of what an ARN names.
    private func faultOfQuestion(_ rejection: Rejection) -> SQSFault {
        let isMove = head?.action.map { "\(ActionTable.rows[$0].name)".hasSuffix("MessageMoveTask") } ?? false
        return isMove ? RejectionMapping.faultOfMove(for: rejection) : RejectionMapping.fault(for: rejection)
    }

    /// The client is gone. Messages that were leased for it go back at once.
    private func returnUnwanted(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        switch exchange {
        case .none: return
        case .question, .access: exchange = .none
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
            outlet.rules.note(shape, isDone: result.isSuccess)
            if case .success(.received(let messages)) = result, case .received(let queue, _) = shape {
                outlet.giveBackUndelivered(messages, to: queue)
            }
        }
        clearBody()
        endPolicyChange()
    }

    func endPolicyChange() {
        guard let queue = policyInChange else { return }
        policyInChange = nil
        outlet.rules.endPolicyChange(queue)
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
