import Foundation
import RoostCommand
import Testing

private func group(_ name: String, _ more: String = "") -> String {
    #"{"group":\#(name),"ready":1200,"in_flight":1,"delayed":0,"damaged":0,"#
        + (more.isEmpty ? #""buried":0,"locked":false,"counted":true,"dead_letter_source":null}"# : more + "}")
}

private func clients(_ clients: String, total: Int, _ waiters: String = "") -> String {
    #"{"clients":[\#(clients)],"total":\#(total),"connections":{"redis":1},"waiters":[\#(waiters)],"#
        + #""waiters_total":\#(waiters.isEmpty ? 0 : 1)}"#
}

private let client = #"""
    {"id":7,"door":"redis","address":"127.0.0.1:5","name":"worker\u001b[2J","library":"redis-py",\#
    "connected_at_ms":1732150000000,"idle_seconds":70,"database":0,"last_command":"brpop","subscriptions":0,\#
    "waiting_on":["jobs","mails"],"later_field":1}
    """#

/// Releases and extensions, groups, clients and publications.
@Suite struct LookCommandTests {
    @Test(arguments: [
        (["release", "jobs", "h1", "h2"], "released"),
        (["extend", "jobs", "h1", "h2", "--visibility", "1m"], "extended"),
    ])
    func whatIsRefusedIsToldWithItsHandle(_ arguments: [String], _ done: String) async throws {
        let refused = #"{"error":{"status":404,"code":"message_not_available","detail":"no"}}"#
        for json in [false, true] {
            let outcome = try await withFakeServer { _ in
                .json(#"{"results":[{},\#(refused)],"failed":1}"#)
            } _: {
                try await roost(arguments + (json ? ["--json"] : []), url: $0)
            }
            #expect(outcome.failure?.status == .notFound)
            guard json else {
                #expect(outcome.error == "not \(done): h2: no\n\(done) 1 message\n")
                continue
            }
            let document: [String: JSONValue] = [done: 1, "failed": .list(["h2: no"])]
            #expect(try JSONValue(Data(outcome.out.utf8)) == .object(document))
        }
    }

    @Test(arguments: [
        (["publish", "news", "hello"], "", #"{"message":"hello"}"#),
        (["publish", "news", "-"], "a\nb\n", #"{"message":"a\nb"}"#),
        (["publish", "news", "--raw"], "hello\n", #"{"message":"hello\n"}"#),
        (["publish", "--", "news", "--json"], "", #"{"message":"--json"}"#),
        (["publish", "news", ""], "", #"{"message":""}"#),
    ])
    func aPublicationTellsHowManyGotIt(_ arguments: [String], _ input: String, _ body: String) async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer {
            recorder.add($0)
            return .json(#"{"receivers":1200}"#)
        } _: {
            try await roost(arguments, url: $0, FakeTerminal(input: Data(input.utf8)))
        }
        #expect(outcome.out == "1,200 receivers\n")
        #expect(recorder.requests.first?.json == (try JSONValue(Data(body.utf8))))
    }

    @Test func bytesThatAreNoTextArePublishedAsBase64() async throws {
        let recorder = Recorder()
        _ = try await withFakeServer {
            recorder.add($0)
            return .json(#"{"receivers":0}"#)
        } _: {
            try await roost(["publish", "news"], url: $0, FakeTerminal(input: Data([0xFF, 0, 0xFE])))
        }
        #expect(recorder.requests.first?.json == .object(["message_base64": "/wD+"]))
    }

    @Test func atATerminalAMissingMessageIsNotWaitedFor() async throws {
        let outcome = try await roost(["publish", "news"], FakeTerminal(inputIsTerminal: true))
        #expect(outcome.failure?.status == .usage)
        #expect(outcome.failure?.nextStep?.contains("roost publish news 'hello'") == true)
    }

    @Test func groupsAreFetchedPageByPageUpToTheLimit() async throws {
        let recorder = Recorder()
        let page = Array(repeating: group(#""g""#), count: 1000).joined(separator: ",")
        let server: @Sendable (FakeRequest) -> FakeReply = { request in
            recorder.add(request)
            return .json(#"{"groups":[\#(request.uri.contains("after") ? group(#""h""#) : page)],"next_after":"n"}"#)
        }
        let arguments = ["queue", "groups", "jobs", "--limit", "1001"]
        let outcome = try await withFakeServer(server) { try await roost(arguments, url: $0) }
        #expect(
            recorder.requests.map(\.uri) == [
                "/api/v1/queues/jobs/groups?limit=1000", "/api/v1/queues/jobs/groups?after=n&limit=1",
            ])
        #expect(outcome.out.split(separator: "\n").count == 1002)
        #expect(outcome.error.contains("--limit"))
        let json = try await withFakeServer(server) { try await roost(arguments + ["--json"], url: $0) }
        let document = try JSONValue(Data(json.out.utf8))
        #expect(document["groups"]?.items?.count == 1001 && document["next_after"] == "n")
    }

    @Test func columnsOfGroupsStandThereWhenTheyAreNeeded() async throws {
        let odd = group(
            "null", #""buried":2,"locked":true,"counted":false,"dead_letter_source":"payments.fifo""#)
        for (groups, isOdd) in [(group(#""a""#), false), (group(#""a""#) + "," + odd, true)] {
            let outcome = try await withFakeServer { _ in
                .json(#"{"groups":[\#(groups)],"next_after":null}"#)
            } _: {
                try await roost(["queue", "groups", "jobs"], url: $0)
            }
            #expect(outcome.out.contains(#/a +1,200 +1 +0/#))
            for word in ["BURIED", "FROM"] { #expect(outcome.out.contains(word) == isOdd) }
            #expect(
                outcome.out.contains(#/\(unreadable\) +1,200\+ +1\+ +0\+ +2\+ +payments.fifo +locked\n/#) == isOdd)
            #expect(!outcome.out.contains("DAMAGED") && outcome.error.isEmpty)
        }
    }

    @Test func clientsAndWaitingReceivesHaveATableEach() async throws {
        let waiter = #"{"queue":"orders","door":"sqs","since_ms":1732150000000,"until_ms":null}"#
        let outcome = try await withFakeServer { _ in
            .json(clients(client, total: 1, waiter))
        } _: {
            try await roost(["clients"], url: $0)
        }
        let row = #/ 7 +redis +127.0.0.1:5 +worker\\u\{1b\}\[2J +redis-py +.* ago +1m 10s +brpop +jobs, mails\n/#
        #expect(outcome.out.contains(row))
        #expect(outcome.out.contains(#/orders +sqs +.* ago +a message comes\n/#))
        #expect(outcome.error.isEmpty)
    }

    @Test func ofManyClientsTheRestIsCounted() async throws {
        let outcome = try await withFakeServer { _ in
            .json(clients(client, total: 1500))
        } _: {
            try await roost(["clients", "--limit", "1"], url: $0)
        }
        #expect(outcome.error == "1 of 1,500 clients: see more with --limit N.\nNo receive waits.\n")
    }

    @Test func whoIsDisconnectedIsTold() async throws {
        let outcome = try await withFakeServer { _ in
            .json("{}")
        } _: {
            try await roost(["clients", "--close", "7"], url: $0)
        }
        #expect(outcome.out.isEmpty && outcome.error == "closed the connection of client 7\n")
    }
}
