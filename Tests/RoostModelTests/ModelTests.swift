import RoostModel
import Testing

@Suite("Broker time")
struct BrokerTimeTests {
    @Test("The earlier of two times; nil is never")
    func earlier() {
        let (first, second) = (BrokerTime(milliseconds: 1), BrokerTime(milliseconds: 2))
        #expect(Optional(first).orEarlier(second) == first && Optional(second).orEarlier(first) == first)
        #expect(Optional(first).orEarlier(nil) == first && BrokerTime?.none.orEarlier(first) == first)
        #expect(BrokerTime?.none.orEarlier(nil) == nil)
    }

    @Test("Sums stay at the ends instead of overflowing")
    func sums() {
        let (first, last) = (BrokerTime(milliseconds: .min), BrokerTime(milliseconds: .max))
        #expect(last + Milliseconds(1) == last)
        #expect(last + .unlimited == last)
        #expect(BrokerTime(milliseconds: 5) + .unlimited == last)
        #expect(first + Milliseconds(-1) == first)
        #expect(BrokerTime(milliseconds: 5) + Milliseconds(-7) == BrokerTime(milliseconds: -2))
    }

    @Test("Differences stay at the ends too")
    func differences() {
        let (first, last) = (BrokerTime(milliseconds: .min), BrokerTime(milliseconds: .max))
        #expect(last - first == Milliseconds(.max))
        #expect(first - last == Milliseconds(.min))
        #expect(last - BrokerTime(milliseconds: -1) == Milliseconds(.max))
        #expect(first - BrokerTime(milliseconds: 1) == Milliseconds(.min))
        #expect(BrokerTime(milliseconds: 7) - BrokerTime(milliseconds: 9) == Milliseconds(-2))
    }

    @Test("Seconds become milliseconds, saturating")
    func seconds() {
        #expect(Milliseconds.seconds(30) == Milliseconds(30_000))
        #expect(Milliseconds.seconds(.max) == Milliseconds(.max))
        #expect(Milliseconds.seconds(.min) == Milliseconds(.min))
        #expect(Milliseconds.seconds(-2).wholeSeconds == -2)
        #expect(Milliseconds(1999).wholeSeconds == 1)
        #expect(Milliseconds(-1) < .zero && .zero < Milliseconds.unlimited)
    }
}

@Suite("Names of queues")
struct QueueNameTests {
    @Test(
        "Letters, digits, hyphen and underscore, 1 to 80 of them, and .fifo at the end",
        arguments: [
            "a", "Z", "0", "-", "_", "orders-2_B", "a.fifo", String(repeating: "x", count: 80),
            String(repeating: "x", count: 75) + ".fifo",
        ])
    func valid(text: String) throws {
        let name = try QueueName(text)
        #expect(name.text == text && name.description == text)
        #expect(name.isFIFO == text.hasSuffix(".fifo"))
    }

    @Test(
        "Anything else is refused, and the refusal says what it was",
        arguments: [
            "", ".fifo", ".", "a.b", "a.FIFO", "a.fifo.fifo", "a b", "a/b", "a\u{0}", "ü", "🙂", "a\n", "../x",
            String(repeating: "x", count: 81), String(repeating: "x", count: 76) + ".fifo",
        ])
    func invalid(text: String) {
        #expect(throws: Rejection.invalidQueueName(text)) { try QueueName(text) }
    }

    @Test("Every byte on its own is a name or not")
    func everyByte() {
        let accepted = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8(0)..<128 {
            let name = try? QueueName(String(decoding: [byte], as: UTF8.self))
            #expect((name != nil) == accepted.contains(byte), "\(byte)")
        }
    }

    @Test("Names are ordered by their bytes")
    func order() throws {
        let sorted = ["-", "0", "A", "Z", "_", "a", "a-", "a0", "aa", "b"]
        #expect(try sorted.reversed().map { try QueueName($0) }.sorted().map(\.text) == sorted)
    }
}

@Suite("Settings of queues")
struct QueueSettingsTests {
    private let other = QueueSettings(
        visibilityTimeout: Milliseconds(1), delay: Milliseconds(2), retention: Milliseconds(3), maximumMessageBytes: 4,
        receiveWait: Milliseconds(5), redelivery: .back)

    /// Each value is another one than those of `single`.
    private var withEverything: QueueSettings {
        var settings = other
        settings.deadLetters = (try? QueueName("dead")).map { DeadLetterPolicy(target: $0, receivesMax: 3) }
        settings.properties = ["tag": "blue"]
        return settings
    }

    @Test("The defaults are those of SQS")
    func defaults() {
        let settings = QueueSettings()
        #expect(settings.visibilityTimeout == .seconds(30) && settings.delay == .zero)
        #expect(settings.retention == .seconds(4 * 86_400) && settings.maximumMessageBytes == 1_048_576)
        #expect(settings.receiveWait == .zero && settings.redelivery == .front && settings.contents == .text)
    }

    private static let single: [(QueueSettingsChange, QueueSetting)] = [
        (QueueSettingsChange(visibilityTimeout: Milliseconds(9)), .visibilityTimeout),
        (QueueSettingsChange(delay: Milliseconds(9)), .delay),
        (QueueSettingsChange(retention: Milliseconds(9)), .retention),
        (QueueSettingsChange(maximumMessageBytes: 9), .maximumMessageBytes),
        (QueueSettingsChange(receiveWait: Milliseconds(9)), .receiveWait),
        (QueueSettingsChange(redelivery: .front), .redelivery),
        (QueueSettingsChange(contents: .bytes), .contents),
        (QueueSettingsChange(isFIFO: true), .isFIFO),
        (QueueSettingsChange(deduplicatesContent: true), .deduplicatesContent),
        (QueueSettingsChange(deduplicationScope: .group), .deduplicationScope),
        (QueueSettingsChange(deadLetters: .some(nil)), .deadLetters),
        (QueueSettingsChange(deadLetterSources: .these([])), .deadLetterSources),
        (QueueSettingsChange(safePop: true), .safePop),
        (QueueSettingsChange(properties: ["tag": nil]), .property("tag")),
    ]

    @Test("A change of one setting changes that one, and is the first difference")
    func singleChanges() {
        #expect(Set(Self.single.map(\.1)) == Set(QueueSetting.fixed + [.property("tag")]))
        let other = withEverything
        for (change, setting) in Self.single {
            #expect(change.firstDifference(from: other) == setting)
            let changed = change.applied(to: other)
            #expect(changed != other && change.firstDifference(from: changed) == nil)
            for (otherChange, otherSetting) in Self.single where otherSetting != setting {
                // What was not named is as it was.
                #expect(otherChange.firstDifference(from: changed) == otherSetting)
                #expect(otherChange.applied(to: changed) == change.applied(to: otherChange.applied(to: other)))
            }
        }
    }

    @Test("A change of nothing changes nothing")
    func emptyChange() {
        #expect(QueueSettingsChange().applied(to: other) == other)
        #expect(QueueSettingsChange().firstDifference(from: other) == nil)
    }

    @Test("A change of everything replaces everything, and the first difference is in a fixed order")
    func wholeChange() {
        let change = QueueSettingsChange(
            visibilityTimeout: Milliseconds(1), delay: Milliseconds(2), retention: Milliseconds(3),
            maximumMessageBytes: 4, receiveWait: Milliseconds(5), redelivery: .back)
        #expect(change.applied(to: QueueSettings()) == other)
        #expect(change.firstDifference(from: QueueSettings()) == .visibilityTimeout)
    }
}

@Suite("Messages")
struct MessageTests {
    @Test("Body, and name, type and value of each attribute count in bytes")
    func countedBytes() {
        let message = NewMessage(
            body: [1, 2, 3],
            attributes: [
                MessageAttribute(name: "größe", type: "String", value: .text("ß")),
                MessageAttribute(name: "b", type: "Binary", value: .binary([0, 1, 2, 3])),
            ])
        #expect(message.countedBytes == 3 + (7 + 6 + 2) + (1 + 6 + 4))
        #expect(NewMessage(body: []).countedBytes == 0)
    }
}
