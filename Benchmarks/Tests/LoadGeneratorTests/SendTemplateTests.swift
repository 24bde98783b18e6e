import LoadGenerator
import Testing

struct SendTemplateTests {
    @Test func groupsTakeTurnsOverAllRequests() {
        let marks = MessageMarks(groups: 3, groupPrefix: "tenant")
        let template = requests(marks).sendMessageBatch(count: 2)
        let groups = (0..<3).flatMap { _ in values(of: "MessageGroupId", in: text(of: template)) }
        #expect(groups == [0, 1, 2, 0, 1, 2].map { "tenant-00000000\($0)" })
    }

    @Test func deduplicationIDsNeverComeAgain() {
        let numbers = MessageNumbers(base: 0xfffe)
        let one = requests(MessageMarks(deduplicates: true), numbers).sendMessage
        let two = requests(MessageMarks(deduplicates: true), numbers).sendMessageBatch(count: 2)
        let ids = [one, two, one].flatMap { values(of: "MessageDeduplicationId", in: text(of: $0)) }
        #expect(ids == ["fffe", "ffff", "10000", "10001"].map { "3c2f1b0a-52c5-4a1e-" + padded($0) })
    }

    @Test func aStampIsTheTimeOfSendingAndIsFoundInTheReply() {
        let template = requests(MessageMarks(isStamped: true)).sendMessage
        let body = values(of: "MessageBody", in: text(of: template, at: 12_345_678_901))
        #expect(body == ["00000000012345678901" + String(repeating: "m", count: 80)])
        let reply = #"{"Messages":[{"Body":"\#(body[0])"},{"Body":"mmmmm"},{"Body":"00000000000000000007"}]}"#
        #expect(Array(reply.utf8).withUnsafeBytes { $0.sendTimes() } == [12_345_678_901, 7])
        #expect(Array(#"{"Body":"123"#.utf8).withUnsafeBytes { $0.sendTimes() } == [])
    }

    @Test func aMessageWithoutMarksIsTheSameEachTime() {
        let template = requests(MessageMarks()).sendMessage
        #expect(text(of: template, at: 1) == text(of: template, at: 2))
        #expect(text(of: template).hasSuffix(#""MessageBody":"\#(String(repeating: "m", count: 100))"}"#))
    }

    @Test(arguments: [
        MessageMarks(), MessageMarks(groups: 100_000, deduplicates: true), MessageMarks(isStamped: true),
    ])
    func theLengthIsThatOfTheBody(_ marks: MessageMarks) throws {
        for template in [requests(marks).sendMessage, requests(marks).sendMessageByQuery] {
            let parts = try #require(split(text(of: template)))
            #expect(parts.head.hasSuffix("Content-Length: \(parts.body.utf8.count)"))
            #expect(!parts.body.utf8.contains { $0 < 32 })
        }
    }

    @Test func theQueryProtocolCarriesTheSameMessageAsAForm() throws {
        let parts = try #require(split(text(of: requests(MessageMarks()).sendMessageByQuery)))
        #expect(parts.head.contains("Content-Type: application/x-www-form-urlencoded; charset=utf-8"))
        #expect(
            parts.body == "Action=SendMessage&Version=2012-11-05"
                + "&QueueUrl=http%3A%2F%2F127.0.0.1%3A9324%2F000000000000%2Fa_b-c.fifo"
                + "&MessageBody=" + String(repeating: "m", count: 100))
    }

    private func requests(
        _ marks: MessageMarks, _ numbers: MessageNumbers = MessageNumbers(base: 0)
    ) -> SQSRequests {
        SQSRequests(
            authority: "127.0.0.1:9324", account: "000000000000", queue: "a_b-c.fifo", bodyBytes: 100, marks: marks,
            numbers: numbers)
    }

    private func text(of template: SendTemplate, at now: UInt64 = 0) -> String {
        var out: [UInt8] = []
        template.write(to: &out, at: now)
        return String(decoding: out, as: UTF8.self)
    }

    private func values(of member: String, in text: String) -> [String] {
        text.split(separator: "\"\(member)\":\"", omittingEmptySubsequences: false).dropFirst().map {
            String($0.prefix { $0 != "\"" })
        }
    }

    private func split(_ text: String) -> (head: String, body: String)? {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    private func padded(_ digits: String) -> String {
        String(repeating: "0", count: 16 - digits.count) + digits
    }
}
