import NIOCore
import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Testing

/// Tags, permissions, policies and what is said about encryption.
@Suite struct TagAndPermissionTests {
    private static let arn = "arn:aws:sqs:us-east-1:000000000000:q1"

    private func set(_ client: TestClient, _ attributes: String) throws -> TestClient.Response {
        try client.call("SetQueueAttributes", #"{"QueueUrl":"q1","Attributes":{\#(attributes)}}"#)
    }

    private func attributes(_ client: TestClient) throws -> [String: String] {
        let response = try client.call("GetQueueAttributes", #"{"QueueUrl":"q1","AttributeNames":["All"]}"#)
        return response.json["Attributes"] as? [String: String] ?? [:]
    }

    // MARK: Tags

    private func tags(_ client: TestClient, _ queue: String = "q1") throws -> [String: String]? {
        try client.call("ListQueueTags", #"{"QueueUrl":"\#(queue)"}"#).json["Tags"] as? [String: String]
    }

    @Test("29: tags")
    func setsAndRemovesTags() throws {
        let client = try TestClient()
        #expect(try client.call("ListQueueTags", #"{"QueueUrl":"q1"}"#).body == "{}")
        let tag = #"{"QueueUrl":"q1","Tags":{"team":"a","Team":"","ü/":"é \"<&"}}"#
        #expect(try client.call("TagQueue", tag).body == "{}")
        #expect(try tags(client) == ["team": "a", "Team": "", "ü/": "é \"<&"])
        _ = try client.call("TagQueue", #"{"QueueUrl":"q1","Tags":{"team":"b"}}"#)
        #expect(try tags(client)?["team"] == "b")
        let query = try client.query("Action=ListQueueTags&QueueUrl=q1")
        #expect(
            query.xml == "<ListQueueTagsResponse><ListQueueTagsResult><Tag><Key>Team</Key><Value></Value></Tag>"
                + "<Tag><Key>team</Key><Value>b</Value></Tag><Tag><Key>ü/</Key><Value>é &quot;&lt;&amp;</Value></Tag>"
                + "</ListQueueTagsResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata>"
                + "</ListQueueTagsResponse>")
        #expect(try client.call("UntagQueue", #"{"QueueUrl":"q1","TagKeys":["team","unknown"]}"#).body == "{}")
        #expect(try client.query("Action=UntagQueue&QueueUrl=q1&TagKey.1=Team").status == 200)
        #expect(try client.query("Action=TagQueue&QueueUrl=q1&Tag.1.Key=k&Tag.1.Value=v").status == 200)
        #expect(try tags(client) == ["ü/": "é \"<&", "k": "v"])
    }

    @Test func aRequestHasAThousandTagsAtMost() throws {
        let client = try TestClient()
        func refusal(_ action: String, _ member: String) throws -> String? {
            try client.call(action, #"{"QueueUrl":"q1",\#(member)}"#).message
        }
        let keys = (0...1000).map { #""\#($0)""# }
        let tags = keys.map { $0 + #":"""# }
        #expect(
            try refusal("TagQueue", #""Tags":{\#(tags.joined(separator: ","))}"#) == "Tags has more than 1000 entries.")
        #expect(
            try refusal("UntagQueue", #""TagKeys":[\#(keys.joined(separator: ","))]"#)
                == "TagKeys has more than 1000 entries.")
        #expect(client.seen().isEmpty)
        #expect(try refusal("TagQueue", #""Tags":{\#(tags.dropLast().joined(separator: ","))}"#) == nil)
        #expect(try refusal("UntagQueue", #""TagKeys":[\#(keys.dropLast().joined(separator: ","))]"#) == nil)
    }

    @Test func queuesAreCreatedWithTags() throws {
        let client = try TestClient()
        let body = #"{"QueueName":"t","tags":{"k":"v"}}"#
        #expect(try client.call("CreateQueue", body).status == 200)
        #expect(try tags(client, "t") == ["k": "v"])
        #expect(try client.call("CreateQueue", body).status == 200)
        let other = try client.call("CreateQueue", #"{"QueueName":"t","tags":{"k":"w"}}"#)
        #expect(other.type == "com.amazonaws.sqs#QueueNameExists")
        #expect(try client.query("Action=CreateQueue&QueueName=u&Tag.1.Key=k&Tag.1.Value=v").status == 200)
        #expect(try tags(client, "u") == ["k": "v"])
    }

    @Test func tagsAreOneChangeEach() throws {
        let client = try TestClient()
        _ = try client.call("TagQueue", #"{"QueueUrl":"q1","Tags":{"a":"1"}}"#)
        guard case .changeSettings(_, let change)? = client.seen().last else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
        // Nothing is read before, so no other change can get lost.
        #expect(client.seen().count == 1)
        #expect(change == QueueSettingsChange(properties: ["sqs.tag.a": "1"]))
    }

    @Test(arguments: [
        ("TagQueue", #""Tags":{"":"v"}"#, "InvalidParameterValue"),
        ("TagQueue", #""Tags":{"a\u0001":"v"}"#, "InvalidParameterValue"),
        ("TagQueue", #""Tags":{"\#(String(repeating: "x", count: 129))":"v"}"#, "InvalidParameterValue"),
        ("TagQueue", #""Tags":{"k":"\#(String(repeating: "x", count: 257))"}"#, "InvalidParameterValue"),
        ("TagQueue", #""Tags":{}"#, "MissingParameter"), ("UntagQueue", #""TagKeys":[]"#, "MissingParameter"),
        ("TagQueue", #""Tags":{"k":"v","k":"w"}"#, "SerializationException"),
        ("UntagQueue", #""TagKeys":[""]"#, "InvalidParameterValue"),
    ])
    func refusesTags(_ action: String, _ members: String, _ code: String) throws {
        let client = try TestClient()
        #expect(try client.fault(action, #"{"QueueUrl":"q1",\#(members)}"#).hasSuffix("\(code);Sender"))
        #expect(client.seen().isEmpty)
    }

    // MARK: Permissions

    private func add(
        _ client: TestClient, _ label: String, _ accounts: String = #""111111111111""#,
        _ actions: String = #""SendMessage""#
    ) throws -> TestClient.Response {
        try client.call(
            "AddPermission",
            #"{"QueueUrl":"q1","Label":"\#(label)","AWSAccountIds":[\#(accounts)],"Actions":[\#(actions)]}"#)
    }

    private func remove(_ client: TestClient, _ label: String) throws -> TestClient.Response {
        try client.call("RemovePermission", #"{"QueueUrl":"q1","Label":"\#(label)"}"#)
    }

    @Test("30: AddPermission writes the policy")
    func addsAndRemovesPermissions() throws {
        let client = try TestClient()
        #expect(try add(client, "one").body == "{}")
        let one =
            #"{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"#
            + #""Action":"SQS:SendMessage","Resource":"\#(Self.arn)"}"#
        let start = #"{"Version":"2008-10-17","Id":"\#(Self.arn)/SQSDefaultPolicy","Statement":["#
        #expect(try attributes(client)["Policy"] == start + one + "]}")
        #expect(
            try add(client, "two", #""111111111111","222222222222""#, #""ReceiveMessage","*""#).status == 200)
        let two =
            #"{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","#
            + #""arn:aws:iam::222222222222:root"]},"Action":["SQS:ReceiveMessage","SQS:*"],"Resource":"\#(Self.arn)"}"#
        #expect(try attributes(client)["Policy"] == start + one + "," + two + "]}")
        let again = try add(client, "one")
        #expect(again.message == "Value one for parameter Label is invalid. Reason: Already exists.")
        #expect(again.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(try remove(client, "one").body == "{}")
        #expect(try attributes(client)["Policy"] == start + two + "]}")
        let unknown = try remove(client, "one")
        #expect(unknown.message == "Value one for parameter Label is invalid. Reason: can't find label.")
        #expect(try remove(client, "two").status == 200)
        #expect(try attributes(client)["Policy"] == nil)
        let query = try client.query(
            "Action=AddPermission&QueueUrl=q1&Label=one&AWSAccountId.1=111111111111&ActionName.1=SendMessage")
        #expect(query.xml?.hasPrefix("<AddPermissionResponse><ResponseMetadata>") == true)
        #expect(try attributes(client)["Policy"] == start + one + "]}")
        #expect(try client.query("Action=RemovePermission&QueueUrl=q1&Label=one").status == 200)
        #expect(try attributes(client)["Policy"] == nil)
    }

    @Test func permissionsJoinAPolicyThatIsThere() throws {
        let client = try TestClient()
        let own =
            #"{ "Version": "2012-10-17", "Statement": {"Sid":"x\u0041", "Effect":"Deny", "Principal":"*","#
            + #""Action":"sqs:*", "Resource":"*", "Condition": {"Bool":{"a":["b"]}} } }"#
        let escaped = own.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(try set(client, #""Policy":"\#(escaped)""#).status == 200)
        #expect(try attributes(client)["Policy"] == own)
        #expect(try add(client, "xA").message?.hasSuffix("Already exists.") == true)
        #expect(try add(client, "new").status == 200)
        let policy = try #require(try attributes(client)["Policy"])
        #expect(policy.hasPrefix(#"{"Version":"2012-10-17","Statement":[{"Sid":"x\u0041", "Effect":"Deny","#))
        #expect(policy.contains(#"},{"Sid":"new","#))
        #expect(try remove(client, "xA").status == 200)
        #expect(try attributes(client)["Policy"]?.contains("Deny") == false)
    }

    @Test(arguments: [
        ("", #""111111111111""#, #""SendMessage""#, "MissingParameter", ""),
        ("a b", #""111111111111""#, #""SendMessage""#, "InvalidParameterValue", "parameter Label"),
        (
            String(repeating: "x", count: 81), #""111111111111""#, #""SendMessage""#, "InvalidParameterValue",
            "parameter Label"
        ),
        ("a", "", #""SendMessage""#, "MissingParameter", ""),
        ("a", #""111111111111""#, "", "MissingParameter", ""),
        ("a", #""11111111111""#, #""SendMessage""#, "InvalidParameterValue", "Unable to verify."),
        ("a", #""111111111111""#, #""MakeCoffee""#, "InvalidParameterValue", "appropriate WSDL"),
        ("a", #""111111111111""#, #""CreateQueue""#, "InvalidParameterValue", "Only the queue owner"),
        (
            "a", #""111111111111""#, Array(repeating: #""*""#, count: 8).joined(separator: ","), "OverLimit",
            "8 Actions were found, maximum allowed is 7."
        ),
        (
            "a", Array(repeating: #""111111111111""#, count: 51).joined(separator: ","), #""*""#, "OverLimit",
            "50 principals"
        ),
    ])
    func refusesPermissions(
        _ label: String, _ accounts: String, _ actions: String, _ code: String, _ words: String
    ) throws {
        let client = try TestClient()
        let response = try add(client, label, accounts, actions)
        #expect(response.headers["x-amzn-query-error"] == "\(code);Sender", "\(response.body)")
        if !words.isEmpty { #expect(response.message?.contains(words) == true, "\(response.body)") }
        #expect(try attributes(client)["Policy"] == nil)
    }

    @Test func aPolicyHasTwentyStatements() throws {
        let client = try TestClient()
        for number in 0..<20 { #expect(try add(client, "l\(number)").status == 200) }
        let over = try add(client, "over")
        #expect(over.headers["x-amzn-query-error"] == "OverLimit;Sender")
        #expect(try remove(client, "l3").status == 200)
        #expect(try add(client, "over").status == 200)
    }

    @Test func onlyOneRequestAtATimeChangesAPolicy() throws {
        let client = try TestClient()
        let other = try TestClient(beside: client)
        let body = #"{"QueueUrl":"q1","Label":"LABEL","AWSAccountIds":["111111111111"],"Actions":["*"]}"#
        try client.write(TestClient.request("AddPermission", body.replacing("LABEL", with: "a")))
        client.loop.run()
        // The first has read the policy and not written it yet.
        try other.write(TestClient.request("AddPermission", body.replacing("LABEL", with: "b")))
        let refused = try #require(try other.response())
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] == "1")
        try other.write(TestClient.request("SetQueueAttributes", #"{"QueueUrl":"q1","Attributes":{"Policy":""}}"#))
        #expect(try other.response()?.status == 503)
        for _ in 0..<2 { client.settle() }
        #expect(try client.response()?.status == 200)
        #expect(try add(client, "b").status == 200)
        // A client that leaves in the middle does not keep others out.
        try other.write(TestClient.request("RemovePermission", #"{"QueueUrl":"q1","Label":"a"}"#))
        client.loop.run()
        try other.channel.close().wait()
        client.settle()
        #expect(try add(client, "c").status == 200)
        #expect(try attributes(client)["Policy"]?.contains(#""Sid":"a""#) == true)
    }

    @Test func permissionsOfAMissingQueue() throws {
        let client = try TestClient(queue: nil)
        #expect(try add(client, "a").type == "com.amazonaws.sqs#QueueDoesNotExist")
        #expect(try remove(client, "a").type == "com.amazonaws.sqs#QueueDoesNotExist")
    }

    // MARK: Policies

    @Test("25: the empty policy takes it away")
    func removesThePolicy() throws {
        let client = try TestClient()
        #expect(try add(client, "one").status == 200)
        #expect(try set(client, #""Policy":"""#).status == 200)
        #expect(try attributes(client)["Policy"] == nil)
        let bad = try set(client, #""Policy":"{\"Statement\":[]}""#)
        #expect(bad.type == "com.amazonaws.sqs#InvalidAttributeValue")
        #expect(bad.message == "Invalid value for the parameter Policy.")
    }

    // MARK: Encryption

    @Test("25, 26: one kind of encryption excludes the other")
    func encryption() throws {
        let client = try TestClient()
        #expect(try set(client, #""KmsMasterKeyId":"alias/x","KmsDataKeyReusePeriodSeconds":"600""#).status == 200)
        var shown = try attributes(client)
        #expect(shown["KmsMasterKeyId"] == "alias/x")
        #expect(shown["KmsDataKeyReusePeriodSeconds"] == "600")
        #expect(shown["SqsManagedSseEnabled"] == "false")
        #expect(try set(client, #""KmsMasterKeyId":"","KmsDataKeyReusePeriodSeconds":"300""#).status == 200)
        shown = try attributes(client)
        #expect(shown["KmsMasterKeyId"] == nil)
        #expect(shown["KmsDataKeyReusePeriodSeconds"] == nil)
        let both = try set(client, #""KmsMasterKeyId":"x","SqsManagedSseEnabled":"true""#)
        #expect(both.type == "com.amazonaws.sqs#InvalidAttributeName")
        #expect(both.message?.hasPrefix("You can use one type of server-side encryption (SSE) at one time.") == true)
        #expect(try set(client, #""KmsMasterKeyId":"x""#).status == 200)
        #expect(try set(client, #""SqsManagedSseEnabled":"true""#).status == 200)
        shown = try attributes(client)
        #expect(shown["KmsMasterKeyId"] == nil)
        #expect(shown["SqsManagedSseEnabled"] == "true")
        #expect(try set(client, #""SqsManagedSseEnabled":"false""#).status == 200)
        #expect(try attributes(client)["SqsManagedSseEnabled"] == "false")
    }

    @Test("16: what stands for a default is no difference")
    func defaultsAreNoDifference() throws {
        let client = try TestClient()
        let body = #"""
            {"QueueName":"q1","Attributes":{"SqsManagedSseEnabled":"true","KmsDataKeyReusePeriodSeconds":"300",
            "KmsMasterKeyId":"","Policy":"","RedrivePolicy":"",
            "RedriveAllowPolicy":"{\"redrivePermission\":\"allowAll\"}"}}
            """#
        #expect(try client.call("CreateQueue", body).status == 200)
        let other = try client.call("CreateQueue", #"{"QueueName":"q1","Attributes":{"KmsMasterKeyId":"x"}}"#)
        #expect(other.message?.hasSuffix("a different value for attribute KmsMasterKeyId") == true)
    }
}
