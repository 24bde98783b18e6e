/// The policy of a queue: who may do what with it, in the language of AWS IAM.
package struct Policy: Sendable, Equatable {
    package struct Statement: Sendable, Equatable {
        package enum Effect: Sendable { case allow, deny }

        package var effect: Effect
        package var principals: Except<Principals>
        /// `sqs:` and the action, in lower case.
        package var actions: Except<[Wildcard]>
        package var resources: Except<[Wildcard]>
        /// Conditions and variables are kept by the queue and not evaluated.
        package var hasConditions: Bool
    }

    /// A list, or everything but it: `Action` and `NotAction`.
    package struct Except<Value: Sendable & Equatable>: Sendable, Equatable {
        package var value: Value
        package var isInverted: Bool
    }

    package struct Principals: Sendable, Equatable {
        package var isEveryone = false
        /// Account numbers.
        package var accounts: Set<String> = []
        /// ARNs of users. Those of roles, services and other providers, which no key here can have, match nobody.
        package var users: Set<String> = []
    }

    package var statements: [Statement]
}

extension Policy {
    /// Who asks.
    package struct Caller: Sendable, Equatable {
        package var account: String
        /// The id of the access key: it stands where AWS has the name of a user.
        package var name: String

        package init(account: String, name: String) {
            self.account = account
            self.name = name
        }

        var arn: String { "arn:aws:iam::\(account):user/\(name)" }
    }

    package enum Decision: Sendable, Equatable {
        case allow
        /// A statement says no. It counts more than any that says yes.
        case explicitDeny
        /// No statement says yes.
        case implicitDeny
    }

    /// Whether `caller` may do it. The account that owns the queue may do everything that is not denied; other accounts
    /// what is allowed to them and not denied.
    ///
    /// - Parameter policy: nil when the queue has none.
    /// - Parameter resource: the ARN of the queue.
    /// - Parameter owner: the account of the queue.
    package static func decide(
        _ policy: Policy?, _ caller: Caller, _ permission: Permission, on resource: String, owner: String
    ) -> Decision {
        var isAllowed = caller.account == owner
        for statement in policy?.statements ?? [] where statement.concerns(caller, permission, resource) {
            // What a condition asks for is not known. In doubt a denial holds and an allowance does not.
            switch statement.effect {
            case .deny: return .explicitDeny
            case .allow: if !statement.hasConditions, !permission.isForOwnerOnly { isAllowed = true }
            }
        }
        return isAllowed ? .allow : .implicitDeny
    }
}

extension Policy.Statement {
    fileprivate func concerns(_ caller: Policy.Caller, _ permission: Permission, _ resource: String) -> Bool {
        principals.isInverted != principals.value.contain(caller)
            && actions.isInverted != actions.value.contains { $0.matches(permission.name) }
            && concerns(resource)
    }

    private func concerns(_ resource: String) -> Bool {
        resources.isInverted != resources.value.contains { $0.matches(resource) }
    }
}

extension Policy.Principals {
    fileprivate func contain(_ caller: Policy.Caller) -> Bool {
        isEveryone || accounts.contains(caller.account) || users.contains(caller.arn)
    }
}
