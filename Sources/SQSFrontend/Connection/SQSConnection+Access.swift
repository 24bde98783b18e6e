import NIOHTTP1

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

    /// Whether the key may do what the plan says. The one place for all actions of both protocols.
    func faultOfAccess(_ plan: Plan) -> SQSFault? {
        guard outlet.verifier != nil else { return nil }
        guard case .verified(let key) = access, let action = head?.action, let permission = Permission.ofRow(action)
        else { return .missingAuthenticationToken }
        for queue in plan.queues {
            if let fault = outlet.accessRules.refusal(key, permission, on: queue) { return fault }
        }
        return nil
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
