import RoostModel
import RoostStorage

enum AddPermission {
    private static let members: [StaticString] = ["QueueUrl", "Label", "AWSAccountIds", "Actions"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var label: String?
        var accounts: [String] = []
        var actions: [String] = []
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            case 1: label = try reader.readString("Label")
            case 2: accounts = try reader.readTexts("AWSAccountIds")
            default: actions = try reader.readTexts("Actions")
            }
        }
        let queue = try scope.queue(url, reader)
        let name = try PermissionRules.label(label)
        try PermissionRules.check(accounts: accounts)
        try PermissionRules.check(actions: actions)
        let arn = scope.arns.arn(of: queue)
        let statement = PolicyDocument.Statement(label: name, accounts: accounts, actions: actions, resource: arn)
        return PermissionRules.change(of: queue) { present throws(SQSFault) in
            var document = try PolicyDocument(present, id: arn + "/SQSDefaultPolicy")
            guard !document.contains(name) else {
                throw .invalidValue(name, of: "Label", "Already exists.")
            }
            document.append(statement)
            return document
        }
    }
}

enum RemovePermission {
    private static let members: [StaticString] = ["QueueUrl", "Label"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var label: String?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: label = try reader.readString("Label")
            }
        }
        let queue = try scope.queue(url, reader)
        let name = try PermissionRules.label(label)
        return PermissionRules.change(of: queue) { present throws(SQSFault) in
            var document = try PolicyDocument(present, id: "")
            guard document.contains(name) else { throw .invalidValue(name, of: "Label", "can't find label.") }
            document.remove(name)
            return document
        }
    }
}

private enum PermissionRules {
    /// Reads the policy of a queue, lets `edit` change it, and writes it.
    static func change(
        of queue: QueueName, _ edit: @escaping @Sendable (String?) throws(SQSFault) -> PolicyDocument
    ) -> Plan {
        let plan = Plan.describe(queue) { info throws(SQSFault) in
            let text = try edit(info.settings.properties[QueuePropertyNames.policy]).checkedText()
            let change = QueueSettingsChange(properties: [QueuePropertyNames.policy: text])
            return .single(.changeSettings(queue, change), .empty(nil))
        }
        return .exclusive(queue, plan)
    }

    static func label(_ label: String?) throws(SQSFault) -> String {
        guard let label, !label.isEmpty else { throw .missing("Label") }
        guard label.utf8.count <= SQSRanges.labelLengthMax, label.utf8.allSatisfy(isLabelByte) else {
            throw .invalidValue(
                String(label.prefix(256)), of: "Label",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to "
                    + "\(SQSRanges.labelLengthMax) in length")
        }
        return label
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static func check(accounts: [String]) throws(SQSFault) {
        guard !accounts.isEmpty else { throw .missing("AWSAccountIds") }
        for account in accounts where !Policy.Principals.isAccount(account[...]) {
            throw .invalidValue(String(account.prefix(256)), of: "PrincipalId", "Unable to verify.")
        }
    }

    static func check(actions: [String]) throws(SQSFault) {
        guard !actions.isEmpty else { throw .missing("Actions") }
        guard actions.count <= SQSRanges.policyActionsMax else {
            throw SQSFault(
                .overLimit,
                "\(actions.count) Actions were found, maximum allowed is \(SQSRanges.policyActionsMax).")
        }
        for action in actions where action != "*" {
            guard let permission = Permission(rawValue: action) else {
                throw .invalidValue(
                    "SQS:\(action.prefix(256))", of: "ActionName",
                    "Please refer to the appropriate WSDL for a list of valid actions.")
            }
            guard !permission.isForOwnerOnly else {
                throw .invalidValue(
                    "SQS:\(action)", of: "ActionName", "Only the queue owner is allowed to invoke this action.")
            }
        }
    }
}

extension JSONReader {
    /// A list of texts, as long as a list in a policy may be.
    fileprivate mutating func readTexts(_ parameter: StaticString) throws(SQSFault) -> [String] {
        var texts: [String] = []
        try enterArray(parameter)
        while try hasNextElement() {
            guard texts.count < PolicyReader.elementsMax else {
                throw SQSFault(
                    .invalidParameterValue, "\(parameter) has more than \(PolicyReader.elementsMax) entries.")
            }
            texts.append(try readString(parameter))
        }
        return texts
    }
}
