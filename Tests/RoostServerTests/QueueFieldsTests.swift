import RoostModel
import RoostServer
import Testing

/// `queues:` of the configuration file.
@Suite struct QueueFieldsTests {
    private func queues(_ text: String) throws -> [DeclaredQueue] {
        try withFile("queues:\n" + text) { (path) throws in try load(["config": [path]]).configuration.queues }
    }

    private func complaint(_ text: String) throws -> String {
        try withFile("queues:\n" + text) { (path) throws in
            RoostServerTests.complaint(["config": [path]]).replacing(path, with: "FILE")
        }
    }

    @Test func everySettingIsRead() throws {
        let text = """
              orders:
                visibility: 2m
                delay: 250ms
                retention: unlimited
                max-message-bytes: 256KiB
                wait: 20s
                redelivery: back
                contents: bytes
                dead-letters: {queue: orders-dead, max-receives: 5}
                dead-letter-sources: [a, b.fifo]
                safe-pop: on
                tags: {team: shop, cost: 7}
            """
        let queue = try #require(try queues(text).first)
        #expect(
            queue.change
                == QueueSettingsChange(
                    visibilityTimeout: .seconds(120), delay: Milliseconds(250), retention: .unlimited,
                    maximumMessageBytes: 262_144, receiveWait: .seconds(20), redelivery: .back,
                    contents: .bytes, isFIFO: false,
                    deadLetters: .some(DeadLetterPolicy(target: try QueueName("orders-dead"), receivesMax: 5)),
                    deadLetterSources: .these([try QueueName("a"), try QueueName("b.fifo")]), safePop: true,
                    properties: ["sqs.tag.team": "shop", "sqs.tag.cost": "7"]))
        #expect(queue.name.text == "orders" && queue.place.hasSuffix(":2"))
    }

    @Test func aFIFOQueueIsToldByItsName() throws {
        let text = "  jobs.fifo: {fifo: on, content-based-deduplication: on, deduplication-scope: group}\n"
        let queue = try #require(try queues(text).first)
        #expect(
            queue.change
                == QueueSettingsChange(isFIFO: true, deduplicatesContent: true, deduplicationScope: .group))
    }

    @Test func bindingsArePropertiesOfTheirQueues() throws {
        let text = """
              a: {delay: 1s}
            bindings:
              "orders.*": a
              "*": [a, b]
            """
        let queues = try queues(text)
        #expect(queues.map(\.name.text) == ["a", "b"])
        #expect(queues[0].change.delay == .seconds(1))
        #expect(queues[0].change.properties == ["channel:orders.*": "", "channel:*": ""])
        #expect(queues[1].change == ChannelBinding.change(of: ["*"], isBound: true))
        #expect(SettingTexts.inShort(queues[1].change) == "bindings.* bound")
        #expect(
            try complaint("bindings: {x: jobs.fifo}\n").contains("\"jobs.fifo\" is not the name of a queue that can be")
        )
        #expect(try complaint("bindings: some\n").contains("no mapping from patterns to queues"))
    }

    @Test func nothingMayBeNamed() throws {
        #expect(try queues("  a:\n  b: {}\n").map(\.name.text) == ["a", "b"])
        #expect(try queues("").isEmpty)
        #expect(
            try queues("  a: {dead-letters: none, dead-letter-sources: none, policy: none}\n")[0].change
                == QueueSettingsChange(
                    isFIFO: false, deadLetters: .some(nil), deadLetterSources: DeadLetterSources.none,
                    properties: ["sqs.Policy": nil]))
    }

    /// The same document as text and as YAML.
    @Test func aPolicyMayBeWrittenInTwoForms() throws {
        let json =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","#
            + #""Action":"sqs:*","Resource":"*"}]}"#
        let asText = "  a:\n    policy: '\(json)'\n"
        let asYAML = """
              a:
                policy:
                  Version: 2012-10-17
                  Statement:
                    - {Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*"}
            """
        for text in [asText, asYAML] {
            #expect(try queues(text).first?.change.properties["sqs.Policy"] == json)
        }
    }

    @Test(arguments: [
        ("  a b: {}\n", "FILE:2: \"a b\" is not the name of a queue."),
        ("  a: {visibilty: 2m}\n", "FILE:2: \"visibilty\" is not a setting of a queue. Did you mean visibility?."),
        ("  a:\n    visibility: 13h\n", "FILE:3: visibility \"13h\" is no time in range. Accepted: 0 to 12h"),
        ("  a: {retention: 0}\n", "FILE:2: retention \"0\" is no time in range"),
        ("  a: {wait: soon}\n", "FILE:2: wait \"soon\" is no time in range"),
        ("  a: {delay: }\n", "FILE:2: delay has no value"),
        ("  a: {max-message-bytes: big}\n", "FILE:2: max-message-bytes \"big\" is no size"),
        ("  a: {contents: any}\n", "FILE:2: contents \"any\" is not known. Accepted: text or bytes."),
        ("  a: {redelivery: side}\n", "FILE:2: redelivery \"side\" is not known. Accepted: front or back."),
        ("  a.fifo: {redelivery: back}\n", "FILE:2: redelivery back is against the order of a FIFO queue"),
        ("  a: {fifo: on}\n", "FILE:2: fifo: on and the name a contradict each other"),
        ("  a.fifo: {fifo: off}\n", "FILE:2: fifo: off and the name a.fifo contradict each other"),
        ("  a: {deduplication-scope: group}\n", "FILE:2: deduplication-scope is for FIFO queues"),
        ("  a: {dead-letters: b}\n", "FILE:2: dead-letters of a is incomplete"),
        ("  a: {dead-letters: {queue: b}}\n", "FILE:2: dead-letters of a is incomplete"),
        ("  a: {dead-letters: {queue: a, max-receives: 1}}\n", "FILE:2: dead-letters of a does not name another queue"),
        ("  a: {dead-letters: {queue: b.fifo, max-receives: 1}}\n", "FILE:2: a and b.fifo have to be both FIFO"),
        ("  a: {dead-letters: {queue: b, max-receives: 1001}}\n", "FILE:2: max-receives of a is out of range"),
        ("  a: {dead-letter-sources: some}\n", "FILE:2: dead-letter-sources cannot be read"),
        ("  a: {dead-letter-sources: [a b]}\n", "FILE:2: dead-letter-sources cannot be read"),
        ("  a: {safe-pop: maybe}\n", "FILE:2: safe-pop \"maybe\" is neither on nor off. Accepted: on or off."),
        ("  a: {policy: '{}'}\n", "FILE:2: policy is not a policy document"),
        ("  a: {tags: [x]}\n", "FILE:2: tags is no mapping"),
        ("  a: 7\n", "FILE:2: a is no mapping of settings"),
        ("  - a\n", "FILE:2: queues is no mapping"),
        ("  aweq: {}\n", "FILE:2: aweq is the queue of the AweQ API"),
    ])
    func whatCannotBeReadIsToldWithItsLine(_ text: String, _ words: String) throws {
        let complaint = try complaint(text)
        #expect(complaint.hasPrefix(words), "\(complaint)")
    }

    @Test func everyWrongLineIsToldAtOnce() throws {
        #expect(try complaint("  a: {wait: x, delay: y}\n  b: {fsync: z}\n").split(separator: "\n").count == 3)
    }

    @Test func optionsBesideQueuesAreStillRead() throws {
        let text = "fsync: interval\nqueues:\n  a.fifo: {visibility: 1m}\nserver-names: [x, y]\n"
        try withFile(text) { (path) throws in
            let loaded = try load(["config": [path]])
            #expect(loaded.configuration.fsync == .interval)
            #expect(loaded.configuration.serverNames == ["x", "y"])
            #expect(loaded.configuration.queues.count == 1)
            #expect(loaded.values.first { $0.option == "server-names" }?.source == .file(path: path, line: 4))
        }
    }

    @Test func aFileCutAtAnyByteDoesNotTrap() throws {
        let text = """
              a: {visibility: 2m, dead-letters: {queue: b, max-receives: 5}}
              b:
                dead-letter-sources: [a]
                tags: {x: "y"}
            """
        for end in text.indices { _ = try complaint(String(text[..<end])) }
    }
}
