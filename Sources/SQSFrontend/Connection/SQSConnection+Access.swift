import NIOHTTP1
import RoostModel
import RoostStorage

/// A plan that waits for the policy of a queue.
struct AccessQuestion {
    let key: AccessKey
    /// What has not been decided. The policy of the first is asked for.
    let needs: AccessNeeds
    let plan: Plan
    /// Of the storage when it was asked.
    let version: UInt64?
}

// Who is asking, and whether they may. Without access keys everybody may do everything.
extension SQSConnection {
    enum Access {
        /// No access keys, or nothing that needs one.
        case open
        /// Right as far as the head goes.
        case pending(PendingSignature)
        case refused(SQSFault)
        case verified(AccessKey)
    }

    /// Looks at the signature before anything of the body has come. What is wrong with it is told when the body is
    /// there, so that the connection can go on.
    func beginSignature(_ requestHead: HTTPRequestHead) {
        access = .open
        guard outlet.verifier != nil, head?.route.needsSignature ?? true else { return }
        do throws(SQSFault) {
            let pending = try outlet.verifier?.begin(
                method: requestHead.method.rawValue, target: requestHead.uri, fields: requestHead.headers,
                now: outlet.configuration.wallSeconds())
            access = pending.map { .pending($0) } ?? .refused(.missingAuthenticationToken)
        } catch {
            access = .refused(error)
        }
    }

    /// Completes the signature with the body. Nothing of the body has been read before.
    func faultOfSignature() -> SQSFault? {
        switch access {
        case .open, .verified: return nil
        case .refused(let fault): return fault
        case .pending(var pending):
            // What is held twice would be copied before it is changed.
            access = .refused(.missingAuthenticationToken)
            guard let keys = outlet.configuration.accessKeys else { return .missingAuthenticationToken }
            do throws(SQSFault) {
                access = .verified(try body.verify(&pending, keys))
                return nil
            } catch {
                access = .refused(error)
                return error
            }
        }
    }

    /// The id of the key that signed the request.
    var keyID: String? {
        if case .verified(let key) = access { key.id } else { nil }
    }

    /// The key, and what the plan needs leave for. Nil without access keys. Throws when the key itself gives none: no
    /// policy does then.
    func needs(of plan: Plan) throws(SQSFault) -> (AccessKey, AccessNeeds)? {
        guard outlet.verifier != nil else { return nil }
        guard case .verified(let key) = access, let action = head?.action, let permission = Permission.ofRow(action)
        else { throw .missingAuthenticationToken }
        let needs = plan.accessNeeds(permission)
        if let fault = refusal(of: needs.first, by: key) ?? refusal(of: needs.second, by: key) { throw fault }
        return (key, needs)
    }

    private func refusal(of need: AccessNeeds.Need?, by key: AccessKey) -> SQSFault? {
        need.flatMap { outlet.accessRules.refusalByKey(key, $0.permission, on: $0.queue) }
    }

    /// Carries out the plan if the policies allow it. The one place for all actions of both protocols.
    ///
    /// A policy may deny what a key allows, so none goes by without its policy.
    func decide(_ needs: AccessNeeds, of key: AccessKey, _ plan: Plan) {
        var needs = needs
        while let need = needs.first {
            var policy: Policy?
            if let queue = need.queue {
                let version = outlet.storage.propertiesVersion
                guard let known = outlet.policies.policy(of: queue, version: version) else {
                    let question = AccessQuestion(key: key, needs: needs, plan: plan, version: version)
                    return ask(.describeQueue(queue), .access(question))
                }
                policy = known
            }
            if let fault = outlet.accessRules.refusal(need, of: key, policy) { return answer(fault) }
            needs.removeFirst()
        }
        carryOut(plan)
    }

    /// The storage has said what the policy is.
    func decide(_ question: AccessQuestion, _ result: Result<StorageReply, Rejection>) {
        guard let need = question.needs.first, let queue = need.queue else { return answer(.wrongReply) }
        let text: String?
        switch result {
        case .success(.queue(let info)): text = info.settings.properties[QueuePropertyNames.policy]
        // A queue that is not there has no policy; the plan itself says what follows.
        case .failure(.queueDoesNotExist): text = nil
        case .failure(let rejection): return answer(RejectionMapping.fault(for: rejection))
        case .success: return answer(.wrongReply)
        }
        let policy = outlet.policies.read(text, of: queue, version: question.version)
        if let fault = outlet.accessRules.refusal(need, of: question.key, policy) { return answer(fault) }
        var left = question.needs
        left.removeFirst()
        decide(left, of: question.key, question.plan)
    }
}

extension AccessRules {
    fileprivate func refusal(_ need: AccessNeeds.Need, of key: AccessKey, _ policy: Policy?) -> SQSFault? {
        refusal(key, need.permission, on: need.queue, policy: policy)
    }
}

extension RequestHead.Route {
    /// Also a fault does, so that strangers do not learn what is served.
    fileprivate var needsSignature: Bool {
        switch self {
        case .action, .query, .fault: true
        case .health, .notFound: false
        }
    }
}

extension RequestBody {
    fileprivate func verify(
        _ pending: inout PendingSignature, _ keys: AccessKeys
    ) throws(SQSFault) -> AccessKey {
        let result: Result<AccessKey, SQSFault> = withBytes { bytes in
            do throws(SQSFault) {
                return .success(try pending.finish(bytes, keys))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension Permission {
    private static let ofRows = ActionTable.rows.map { Self(action: "\($0.name)") }

    fileprivate static func ofRow(_ index: Int) -> Self? { ofRows.indices.contains(index) ? ofRows[index] : nil }
}
