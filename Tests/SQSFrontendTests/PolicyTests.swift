import SQSFrontend
import Testing

@Suite struct PolicyTests {
    private static let owner = "000000000000"
    private static let queue = "arn:aws:sqs:us-east-1:000000000000:orders"
    private static let ours = Policy.Caller(account: owner, name: "AKIDOURS")
    private static let theirs = Policy.Caller(account: "111111111111", name: "AKIDTHEIRS")

    private func read(_ text: String) -> Policy? {
        Array(text.utf8).withUnsafeBytes { try? PolicyReader.read($0) }
    }

    /// A document with one statement.
    private func document(_ statement: String) -> String { #"{"Version":"2012-10-17","Statement":[{\#(statement)}]}"# }

    private func decide(
        _ statements: String..., caller: Policy.Caller = theirs
    ) throws -> Policy.Decision {
        let list = statements.map { "{\($0)}" }.joined(separator: ",")
        let policy = try #require(read(#"{"Statement":[\#(list)]}"#), "\(statements)")
        return Policy.decide(policy, caller, .sendMessage, on: Self.queue, owner: Self.owner)
    }

    private static let everyone = #""Principal":"*","Action":"sqs:*","Resource":"*""#
    private static let allow = #""Effect":"Allow","# + everyone
    private static let deny = #""Effect":"Deny","# + everyone

    @Test func withoutAPolicyTheOwnerMayAndOthersMayNot() {
        #expect(Policy.decide(nil, Self.ours, .sendMessage, on: Self.queue, owner: Self.owner) == .allow)
        #expect(Policy.decide(nil, Self.theirs, .sendMessage, on: Self.queue, owner: Self.owner) == .implicitDeny)
    }

    @Test func aDenialCountsMoreThanAnyAllowance() throws {
        #expect(try decide(Self.allow) == .allow)
        #expect(try decide(Self.deny) == .explicitDeny)
        #expect(try decide(Self.allow, Self.deny) == .explicitDeny)
        #expect(try decide(Self.deny, Self.allow) == .explicitDeny)
        #expect(try decide(Self.deny, caller: Self.ours) == .explicitDeny)
        #expect(try decide(Self.allow, caller: Self.ours) == .allow)
    }

    @Test(arguments: [
        (#""*""#, true), (#"{"AWS":"*"}"#, true), (#"{"AWS":"111111111111"}"#, true),
        (#"{"AWS":["222222222222","111111111111"]}"#, true), (#"{"AWS":"arn:aws:iam::111111111111:root"}"#, true),
        (#"{"AWS":"arn:aws:iam::111111111111:user/AKIDTHEIRS"}"#, true),
        (#"{"AWS":"arn:aws:iam::111111111111:user/akidtheirs"}"#, false),
        (#"{"AWS":"arn:aws:iam::222222222222:user/AKIDTHEIRS"}"#, false),
        (#"{"AWS":"222222222222"}"#, false), (#"{"AWS":"arn:aws:iam::111111111111:role/x"}"#, false),
        (#"{"Service":"sns.amazonaws.com"}"#, false), (#"{"Service":"x","AWS":"111111111111"}"#, true),
    ])
    func principals(_ principal: String, _ matches: Bool) throws {
        let rest = #""Action":"sqs:*","Resource":"*""#
        #expect(
            try decide(#""Effect":"Allow","Principal":\#(principal),\#(rest)"#) == (matches ? .allow : .implicitDeny))
        #expect(
            try decide(#""Effect":"Deny","Principal":\#(principal),\#(rest)"#)
                == (matches ? .explicitDeny : .implicitDeny))
        #expect(
            try decide(#""Effect":"Allow","NotPrincipal":\#(principal),\#(rest)"#)
                == (matches ? .implicitDeny : .allow))
    }

    @Test(arguments: [
        (#""SQS:SendMessage""#, true), (#""sqs:sendmessage""#, true), (#""sqs:Send*""#, true), (#""SQS:*""#, true),
        (#""*""#, true), (#"["sqs:GetQueueUrl","sqs:SendMessage"]"#, true), (#""sqs:S?ndMessage""#, true),
        (#""sqs:ReceiveMessage""#, false), (#""sns:*""#, false), (#""sqs:Send""#, false), (#""sqs:?""#, false),
    ])
    func actions(_ action: String, _ matches: Bool) throws {
        let rest = #""Effect":"Allow","Principal":"*","Resource":"*""#
        #expect(try decide(#""Action":\#(action),\#(rest)"#) == (matches ? .allow : .implicitDeny))
        #expect(try decide(#""NotAction":\#(action),\#(rest)"#) == (matches ? .implicitDeny : .allow))
    }

    @Test(arguments: [
        ("arn:aws:sqs:us-east-1:000000000000:orders", true), ("arn:aws:sqs:*:000000000000:*", true), ("*", true),
        ("arn:aws:sqs:us-east-1:000000000000:order?", true), ("arn:aws:sqs:us-east-1:000000000000:ORDERS", false),
        ("arn:aws:sqs:us-east-1:000000000000:orders2", false), ("arn:aws:sqs:us-east-1:111111111111:orders", false),
    ])
    func resources(_ resource: String, _ matches: Bool) throws {
        let rest = #""Effect":"Allow","Principal":"*","Action":"sqs:*""#
        #expect(try decide(#""Resource":"\#(resource)",\#(rest)"#) == (matches ? .allow : .implicitDeny))
        #expect(try decide(#""NotResource":["\#(resource)"],\#(rest)"#) == (matches ? .implicitDeny : .allow))
    }

    @Test(arguments: [
        #""Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}"#, #""Condition":{"Bool":{}}"#,
    ])
    func aConditionNeverAllowsAndAlwaysDenies(_ condition: String) throws {
        #expect(try decide("\(Self.allow),\(condition)") == .implicitDeny)
        #expect(try decide("\(Self.deny),\(condition)") == .explicitDeny)
        #expect(try decide("\(Self.allow),\(condition)", caller: Self.ours) == .allow)
        // Of another action it says nothing.
        let other = #""Effect":"Deny","Principal":"*","Action":"sqs:PurgeQueue","Resource":"*""#
        #expect(try decide(Self.allow, "\(other),\(condition)") == .allow)
    }

    @Test func anEmptyConditionIsNone() throws {
        #expect(try decide("\(Self.allow),\"Condition\":{}") == .allow)
    }

    @Test func aVariableNeverAllowsAndAlwaysDenies() throws {
        let rest = #""Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:${aws:username}""#
        #expect(try decide(#""Effect":"Allow",\#(rest)"#) == .implicitDeny)
        #expect(try decide(#""Effect":"Deny",\#(rest)"#) == .explicitDeny)
        let inverted = rest.replacing("Resource", with: "NotResource")
        #expect(try decide(#""Effect":"Allow",\#(inverted)"#) == .implicitDeny)
        #expect(try decide(#""Effect":"Deny",\#(inverted)"#) == .explicitDeny)
    }

    @Test(arguments: Permission.allCases)
    func whatIsForTheOwnerCannotBeGivenAway(_ permission: Permission) throws {
        let policy = try #require(read(document(Self.allow)))
        let forOthers = Policy.decide(policy, Self.theirs, permission, on: Self.queue, owner: Self.owner)
        #expect(forOthers == (permission.isForOwnerOnly ? .implicitDeny : .allow))
        #expect(Policy.decide(policy, Self.ours, permission, on: Self.queue, owner: Self.owner) == .allow)
    }

    @Test func whatAddPermissionWritesIsRead() throws {
        let text = #"""
            {"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:orders/SQSDefaultPolicy","Statement":
            [{"Sid":"label","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root",
            "arn:aws:iam::222222222222:root"]},"Action":["SQS:SendMessage","SQS:ReceiveMessage"],
            "Resource":"arn:aws:sqs:us-east-1:000000000000:orders"}]}
            """#
        let policy = try #require(read(text))
        #expect(Policy.decide(policy, Self.theirs, .receiveMessage, on: Self.queue, owner: Self.owner) == .allow)
        #expect(Policy.decide(policy, Self.theirs, .deleteMessage, on: Self.queue, owner: Self.owner) == .implicitDeny)
    }

    @Test func oneStatementMayStandWithoutAList() {
        #expect(read(#"{"Statement":{\#(Self.allow)}}"#)?.statements.count == 1)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "x", #"{"Statement":[]}"#, #"{"Statement":"x"}"#, #"{"Statement":[1]}"#,
        #"{"Version":"2020-01-01","Statement":[{ALLOW}]}"#, #"{"Foo":1,"Statement":[{ALLOW}]}"#,
        #"{"Statement":[{ALLOW}],"Statement":[{ALLOW}]}"#, #"{"Statement":[{ALLOW}]} x"#,
        #"{"Statement":[{ALLOW,"Foo":1}]}"#, #"{"Statement":[{ALLOW,"Effect":"Deny"}]}"#,
        #"{"Statement":[{ALLOW,"NotAction":"sqs:*"}]}"#, #"{"Statement":[{ALLOW,"NotPrincipal":"*"}]}"#,
        #"{"Statement":[{ALLOW,"Condition":"x"}]}"#, #"{"Statement":[{ALLOW,"Condition":{"a":1}}]}"#,
        #"{"Statement":[{"Effect":"allow",REST}]}"#, #"{"Statement":[{REST}]}"#,
        #"{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"x","Action":"sqs:*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":{},"Action":"sqs:*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123"},"Action":"sqs:*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:user/*"},"Action":"sqs:*","#
            + #""Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":[]},"Action":"sqs:*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"SendMessage","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":[],"Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"orders"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":""}]}"#,
    ])
    func whatIsNoPolicyIsRefused(_ text: String) {
        let text = text.replacing("ALLOW", with: Self.allow).replacing("REST", with: Self.everyone)
        #expect(read(text) == nil)
    }

    @Test func limitsHold() {
        func many(_ count: Int) -> Policy? {
            let statement = #"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}"#
            return read(#"{"Statement":[\#(Array(repeating: statement, count: count).joined(separator: ","))]}"#)
        }
        #expect(many(20) != nil)
        #expect(many(21) == nil)
        func principals(_ count: Int) -> Policy? {
            let list = Array(repeating: #""111111111111""#, count: count).joined(separator: ",")
            let principal = #""Principal":{"AWS":[\#(list)]}"#
            return read(document(#""Effect":"Allow",\#(principal),"Action":"sqs:*","Resource":"*""#))
        }
        #expect(principals(50) != nil)
        #expect(principals(51) == nil)
        func sized(_ bytes: Int) -> Policy? {
            let text = document(Self.allow)
            return read(text + String(repeating: " ", count: bytes - text.utf8.count))
        }
        #expect(sized(8192) != nil)
        #expect(sized(8193) == nil)
    }

    @Test func everyCutIsRefused() {
        let text = #"{"Version":"2012-10-17","Statement":[{\#(Self.allow),"Condition":{"Bool":{"a":"b"}}}]}"#
        #expect(read(text) != nil)
        for count in 0..<text.utf8.count { #expect(read(String(text.prefix(count))) == nil) }
    }

    @Test func wildcardsTakeNoMoreThanTheirProductOfSteps() {
        let pattern = Wildcard(String(repeating: "*a", count: 2000) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 4000)))
        #expect(Wildcard("a*c*e").matches("abcde") && !Wildcard("a*c*e").matches("abde"))
        #expect(Wildcard("").matches("") && !Wildcard("").matches("a") && Wildcard("**").matchesEverything)
    }
}
