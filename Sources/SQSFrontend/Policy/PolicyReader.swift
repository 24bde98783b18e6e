/// Reads a policy document. Everything that AWS refuses in the grammar is refused, and everything that is not
/// understood; a document that cannot be read allows nothing, so it must not be stored.
package struct PolicyReader {
    /// The limits of SQS.
    package static let bytesMax = 8192
    package static let statementsMax = 20
    package static let principalsMax = 50
    /// In a list of actions or resources. With the bound on bytes it keeps an evaluation short.
    package static let elementsMax = 100

    private var reader: JSONReader
    private var principalsRead = 0

    /// - Parameter text: JSON.
    package static func read(_ text: UnsafeRawBufferPointer) throws(SQSFault) -> Policy {
        guard text.count <= bytesMax else { throw .invalidPolicy }
        do throws(SQSFault) {
            var reader = PolicyReader(reader: try JSONReader(text))
            return try reader.document()
        } catch {
            throw .invalidPolicy
        }
    }

    private mutating func document() throws(SQSFault) -> Policy {
        var policy: Policy?
        var seen: Set<String> = []
        try reader.enterObject("Policy")
        while let name = try memberName(&seen) {
            switch name {
            case "Version":
                guard ["2008-10-17", "2012-10-17"].contains(try reader.readString("Version")) else {
                    throw .invalidPolicy
                }
            case "Id": _ = try reader.readString("Id")
            case "Statement": policy = Policy(statements: try statements())
            default: throw .invalidPolicy
            }
        }
        try reader.finish()
        guard let policy else { throw .invalidPolicy }
        return policy
    }

    /// The next name of an object. One that stands twice is refused.
    private mutating func memberName(_ seen: inout Set<String>) throws(SQSFault) -> String? {
        guard let text = try reader.nextName() else { return nil }
        let name = reader.string(text)
        guard seen.insert(name).inserted else { throw .invalidPolicy }
        return name
    }

    private mutating func statements() throws(SQSFault) -> [Policy.Statement] {
        guard try reader.nextIsArray() else { return [try statement()] }
        var statements: [Policy.Statement] = []
        try reader.enterArray("Statement")
        while try reader.hasNextElement() {
            guard statements.count < Self.statementsMax else { throw .invalidPolicy }
            statements.append(try statement())
        }
        guard !statements.isEmpty else { throw .invalidPolicy }
        return statements
    }

    private mutating func statement() throws(SQSFault) -> Policy.Statement {
        var draft = Draft()
        var seen: Set<String> = []
        try reader.enterObject("Statement")
        while let name = try memberName(&seen) {
            switch name {
            case "Sid": _ = try reader.readString("Sid")
            case "Effect": draft.effect = try effect()
            case "Principal", "NotPrincipal":
                try draft.set(\.principals, try principals(), isInverted: name == "NotPrincipal")
            case "Action", "NotAction": try draft.set(\.actions, try actions(), isInverted: name == "NotAction")
            case "Resource", "NotResource":
                try draft.set(\.resources, try resources(&draft), isInverted: name == "NotResource")
            case "Condition": if try hasMembers() { draft.hasConditions = true }
            default: throw .invalidPolicy
            }
        }
        return try draft.finished()
    }

    private mutating func effect() throws(SQSFault) -> Policy.Statement.Effect {
        switch try reader.readString("Effect") {
        case "Allow": .allow
        case "Deny": .deny
        default: throw .invalidPolicy
        }
    }

    /// Of a block of conditions: operators, each with an object.
    private mutating func hasMembers() throws(SQSFault) -> Bool {
        var seen: Set<String> = []
        try reader.enterObject("Condition")
        while try memberName(&seen) != nil {
            guard try reader.nextIsObject() else { throw .invalidPolicy }
            try reader.skipValue()
        }
        return !seen.isEmpty
    }

    // MARK: Lists

    /// One text or a list of them, none empty.
    private mutating func texts() throws(SQSFault) -> [String] {
        var texts: [String] = []
        if try reader.nextIsArray() {
            try reader.enterArray("list")
            while try reader.hasNextElement() {
                guard texts.count < Self.elementsMax else { throw .invalidPolicy }
                texts.append(try reader.readString("list"))
            }
        } else {
            texts.append(try reader.readString("text"))
        }
        guard !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else { throw .invalidPolicy }
        return texts
    }

    private mutating func actions() throws(SQSFault) -> [Wildcard] {
        let texts = try texts()
        guard texts.allSatisfy({ $0 == "*" || $0.contains(":") }) else { throw .invalidPolicy }
        return texts.map { Wildcard($0, ignoresCase: true) }
    }

    private mutating func resources(_ draft: inout Draft) throws(SQSFault) -> [Wildcard] {
        let texts = try texts()
        guard texts.allSatisfy({ $0 == "*" || $0.hasPrefix("arn:") }) else { throw .invalidPolicy }
        // A variable such as ${aws:username} makes the whole statement one that cannot be decided.
        if texts.contains(where: { $0.contains("${") }) { draft.hasVariables = true }
        return texts.map { Wildcard($0) }
    }

    private mutating func principals() throws(SQSFault) -> Policy.Principals {
        var principals = Policy.Principals()
        guard try reader.nextIsObject() else {
            guard try reader.readString("Principal") == "*" else { throw .invalidPolicy }
            principals.isEveryone = true
            return principals
        }
        var seen: Set<String> = []
        try reader.enterObject("Principal")
        while let kind = try memberName(&seen) {
            let texts = try texts()
            principalsRead &+= texts.count
            guard principalsRead <= Self.principalsMax else { throw .invalidPolicy }
            switch kind {
            case "AWS": for text in texts { try principals.add(text) }
            case "Service", "Federated", "CanonicalUser": break
            default: throw .invalidPolicy
            }
        }
        guard !seen.isEmpty else { throw .invalidPolicy }
        return principals
    }
}

extension PolicyReader {
    /// A statement that is being read.
    private struct Draft {
        var effect: Policy.Statement.Effect?
        var principals: Policy.Except<Policy.Principals>?
        var actions: Policy.Except<[Wildcard]>?
        var resources: Policy.Except<[Wildcard]>?
        var hasConditions = false
        var hasVariables = false

        mutating func set<Value: Sendable & Equatable>(
            _ member: WritableKeyPath<Self, Policy.Except<Value>?>, _ value: Value, isInverted: Bool
        ) throws(SQSFault) {
            guard self[keyPath: member] == nil else { throw .invalidPolicy }
            self[keyPath: member] = Policy.Except(value: value, isInverted: isInverted)
        }

        func finished() throws(SQSFault) -> Policy.Statement {
            guard let effect, let principals, let actions, var resources else { throw .invalidPolicy }
            if hasVariables { resources = Policy.Except(value: [Wildcard("*")], isInverted: false) }
            return Policy.Statement(
                effect: effect, principals: principals, actions: actions, resources: resources,
                hasConditions: hasConditions || hasVariables)
        }
    }
}

extension Policy.Principals {
    /// `*`, an account number, or the ARN of an account or something in one.
    fileprivate mutating func add(_ text: String) throws(SQSFault) {
        if text == "*" {
            isEveryone = true
        } else if Self.isAccount(text[...]) {
            accounts.insert(text)
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            // A star inside would name nobody, which in a denial nobody would notice.
            guard parts.count >= 6, parts[0] == "arn", Self.isAccount(parts[4]), !text.contains("*") else {
                throw .invalidPolicy
            }
            if parts[2] == "iam", parts.count == 6, parts[5] == "root" {
                accounts.insert(String(parts[4]))
            } else {
                users.insert(text)
            }
        }
    }

    static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}

extension SQSFault {
    package static let invalidPolicy = Self(
        .invalidAttributeValue, "Invalid value for the parameter Policy.")
}
