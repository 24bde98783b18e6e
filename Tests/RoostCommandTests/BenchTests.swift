import Foundation
import RoostCommand
import Testing

@Suite struct BenchTests {
    private func bench(_ broker: FakeBroker, _ arguments: [String]) async throws -> Outcome {
        try await withFakeServer {
            broker.reply($0)
        } _: {
            try await roost(["bench", "--quiet", "--producers", "2", "--consumers", "2"] + arguments, url: $0)
        }
    }

    private func verification(_ outcome: Outcome) throws -> [String: JSONValue] {
        guard case .object(let fields)? = try JSONValue(Data(outcome.out.utf8))["verification"] else { return [:] }
        return fields
    }

    @Test func aSoundBrokerLosesNothing() async throws {
        let broker = FakeBroker()
        let outcome = try await bench(broker, ["--count", "500", "--batch", "7"])
        #expect(outcome.failure == nil)
        #expect(outcome.out.contains("sent 500 = received 500 + left 0, duplicates 0, lost 0\n"))
        #expect(outcome.out.contains("receive+delete"))
        #expect(broker.isDeleted)
    }

    @Test func whatALyingBrokerLosesAndRepeatsIsCounted() async throws {
        let broker = FakeBroker(.init(lost: [3, 499], duplicated: [5, 6, 7]))
        let outcome = try await bench(broker, ["--count", "500", "--batch", "10", "--json"])
        let verification = try verification(outcome)
        #expect(verification["sent"] == 500)
        #expect(verification["received"] == 498)
        #expect(verification["lost"] == 2)
        #expect(verification["duplicates"] == 3)
        #expect(outcome.failure?.status == .failed)
        #expect(outcome.failure?.message.contains("2 messages lost") == true)
        #expect(!broker.isDeleted)
    }

    @Test func sendsWithoutAnAnswerAreNeitherSentNorLost() async throws {
        let outcome = try await bench(FakeBroker(.init(unanswered: [1])), ["--count", "40", "--batch", "10", "--json"])
        let verification = try verification(outcome)
        #expect(verification["sent"] == 30)
        #expect(verification["received"] == 30)
        #expect(verification["lost"] == 0)
        #expect(verification["unanswered"] == 10)
        #expect(verification["unanswered_received"] == 10)
        #expect(outcome.failure?.message.contains("1 request failed") == true)
    }

    @Test func withoutConsumersAllIsLeft() async throws {
        let broker = FakeBroker()
        let outcome = try await bench(broker, ["--count", "50", "--consumers", "0", "--queue", "jobs", "--json"])
        #expect(try verification(outcome)["left"] == 50)
        #expect(try verification(outcome)["lost"] == 0)
        #expect(broker.bodies.count == 50)
        #expect(!broker.isDeleted)
    }

    @Test func theMessagesOfSomebodyAreLeftAlone() async throws {
        let broker = FakeBroker(ready: ["precious"])
        let outcome = try await bench(broker, ["--count", "50", "--queue", "jobs"])
        #expect(outcome.failure?.status == .refused)
        #expect(broker.bodies == ["precious"])
    }

    @Test func bodiesHaveTheirSizeAndNumber() {
        let message = BenchMessage(run: "4f1c09ab", size: 100)
        for number in [0, 7, 12_345, 999_999_999] {
            #expect(message.body(number).utf8.count == 100)
            #expect(message.number(of: message.body(number)) == number)
        }
        #expect(BenchMessage(run: "4f1c09ab", size: 32).body(Int.max).utf8.count <= 32)
    }

    @Test(arguments: [
        "", "4f1c09ab", "4f1c09ab-", "4f1c09ab-1", "4f1c09ab-.", "4f1c09ab--1.", "4f1c09ab-x.", "4f1c09ac-1.",
        "4f1c09ab-99999999999999999999.", "4f1c09ab 1.",
    ])
    func bodiesOfOthersHaveNoNumber(_ body: String) {
        #expect(BenchMessage(run: "4f1c09ab", size: 100).number(of: body) == nil)
    }

    @Test func aNumberThatWasNeverGivenOutIsForeign() {
        let ledger = BenchLedger(limit: nil)
        #expect(ledger.reserve(10) == 0..<10)
        ledger.arrive([3, 3, 1_000_000_000_000], foreign: 1)
        #expect(ledger.counts.received == 1)
        #expect(ledger.counts.duplicates == 1)
        #expect(ledger.counts.foreign == 2)
    }

    @Test func theLedgerGivesOutTheLimitAndNoMore() {
        let ledger = BenchLedger(limit: 25)
        #expect([ledger.reserve(10), ledger.reserve(10), ledger.reserve(10)] == [0..<10, 10..<20, 20..<25])
        #expect(ledger.reserve(10) == nil)
        let stopped = BenchLedger(limit: 25)
        stopped.stop()
        #expect(stopped.reserve(1) == nil)
    }

    @Test(arguments: [(0, 30, 0, 70, 0), (70, 30, 70, 0, 0), (10, 30, 10, 60, 0), (80, 30, 70, 0, 10)])
    func theAccountAddsUp(_ inQueue: Int, _ received: Int, _ left: Int, _ lost: Int, _ surplus: Int) {
        let ledger = BenchLedger(limit: 100)
        _ = ledger.reserve(100)
        ledger.acknowledge(0..<100)
        ledger.arrive(Array(0..<received), foreign: 0)
        let account = ledger.verification(left: inQueue)
        #expect(account.sent == account.received + account.left + account.lost)
        #expect(account.received == received)
        #expect(account.left == left)
        #expect(account.lost == lost)
        #expect(account.surplus == surplus)
    }
}
