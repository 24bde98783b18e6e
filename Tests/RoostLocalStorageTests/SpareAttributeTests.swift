import RoostLocalStorage
import RoostModel
import RoostStorage
import Testing

@Suite("Attributes that a message can do without")
struct SpareAttributeTests {
    private func message(bodyBytes: Int) -> NewMessage {
        let attributes = ["own", "spare"].map { MessageAttribute(name: $0, type: "String", value: .text("12345")) }
        var message = NewMessage(body: [UInt8](repeating: 120, count: bodyBytes), attributes: attributes)
        message.spareAttributes = 1
        return message
    }

    /// Name, type and value have 14 and 16 bytes.
    @Test(
        "They are left out where the message would be too large",
        arguments: [(994, ["own", "spare"]), (995, ["own"]), (1010, ["own"])])
    func tooLarge(bodyBytes: Int, kept: [String]) throws {
        let harness = try Harness()
        let queue = try harness.create("orders", QueueSettingsChange(maximumMessageBytes: 1024))
        _ = try harness.ask(.send(queue, message(bodyBytes: bodyBytes)))
        let received = try #require(try harness.receive(queue).first)
        #expect(received.body.count == bodyBytes && received.attributes.map(\.name) == kept)
    }

    @Test("A message that is too large without them is refused as it would be")
    func refused() throws {
        let harness = try Harness()
        let queue = try harness.create("orders", QueueSettingsChange(maximumMessageBytes: 1024))
        #expect(throws: Rejection.messageTooLarge(bytes: 1025, max: 1024)) {
            try harness.ask(.send(queue, message(bodyBytes: 1011)))
        }
    }

    @Test("No more are left out than there are", arguments: [-1, 0, 1, 2, 3])
    func count(spare: Int) {
        var message = message(bodyBytes: 1)
        message.spareAttributes = spare
        #expect(message.withoutSpareAttributes.attributes.count == 2 - min(max(spare, 0), 2))
    }
}
