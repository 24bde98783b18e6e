import Foundation
import RoostCommand
import Testing

private let accepted = #"{"id":"the-id","sent_at_ms":1}"#

private func message(_ fields: String) -> FakeReply {
    .json(#"{"messages":[{"id":"i","handle":"h",\#(fields),"sent_at_ms":1732150000000,"receive_count":2}]}"#)
}

@Suite struct MessageCommandTests {
    @Test(arguments: [
        ("hello\n", ["send", "jobs"], #"{"body":"hello"}"#),
        ("hello\n\n", ["send", "jobs", "-"], #"{"body":"hello\n"}"#),
        ("hello\n", ["send", "jobs", "--raw"], #"{"body":"hello\n"}"#), ("", ["send", "jobs"], #"{"body":""}"#),
        ("Grüße \"\\", ["send", "jobs"], #"{"body":"Grüße \"\\"}"#),
    ])
    func theBodyMayComeFromStdin(_ input: String, _ arguments: [String], _ body: String) async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer {
            recorder.add($0)
            return .json(accepted)
        } _: {
            try await roost(arguments, url: $0, FakeTerminal(input: Data(input.utf8)))
        }
        #expect(outcome.out == "the-id\n")
        #expect(recorder.requests.first?.json == (try JSONValue(Data(body.utf8))))
    }

    @Test func bytesThatAreNoTextTravelAsBase64() async throws {
        let recorder = Recorder()
        _ = try await withFakeServer {
            recorder.add($0)
            return .json(accepted)
        } _: {
            try await roost(["send", "jobs"], url: $0, FakeTerminal(input: Data([0xFF, 0, 0xFE])))
        }
        #expect(recorder.requests.first?.json == .object(["body_base64": "/wD+"]))
    }

    @Test func atATerminalAMissingBodyIsNotWaitedFor() async throws {
        let outcome = try await roost(["send", "jobs"], FakeTerminal(inputIsTerminal: true))
        #expect(outcome.failure?.status == .usage)
    }

    @Test func aReceivedMessageIsShownWithAllItsFields() async throws {
        let reply = message(#""body":"hello","attributes":{"n":{"type":"Number","value":"7"}}"#)
        let outcome = try await withFakeServer { _ in
            reply
        } _: {
            try await roost(["receive", "jobs"], url: $0)
        }
        for words in ["id        i\n", "handle    h\n", "2024-11-21T00:46:40Z", "n=7 (Number)", "body      hello\n"] {
            #expect(outcome.out.contains(words))
        }
    }

    @Test func aBodyCannotCommandTheTerminal() async throws {
        let reply = message(#""body":"a\u001b[2Jb\nc""#)
        for arguments in [
            ["receive", "jobs"], ["receive", "jobs", "--body"], ["peek", "jobs"], ["peek", "jobs", "--full"],
        ] {
            let outcome = try await withFakeServer { _ in
                reply
            } _: {
                try await roost(arguments, url: $0, FakeTerminal(outIsTerminal: true, environment: ["NO_COLOR": "1"]))
            }
            #expect(!outcome.out.contains("\u{1B}"))
            #expect(outcome.out.contains(#"a\u{1b}[2Jb"#))
        }
    }

    @Test func inAPipeABodyIsWrittenAsItIs() async throws {
        let reply = message(#""body":"a\u001b[2Jb""#)
        let outcome = try await withFakeServer { _ in
            reply
        } _: {
            try await roost(["receive", "jobs", "--body"], url: $0)
        }
        #expect(outcome.out == "a\u{1B}[2Jb\n")
    }

    @Test func receiveDeletesWhatItPrinted() async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer { request in
            recorder.add(request)
            return request.uri.hasSuffix("delete") ? .json(#"{"results":[{}],"failed":0}"#) : message(#""body":"x""#)
        } _: {
            try await roost(["receive", "jobs", "--delete"], url: $0)
        }
        #expect(outcome.failure == nil)
        #expect(recorder.requests.last?.json == .object(["handles": .list(["h"])]))
    }

    @Test func aDeleteThatIsRefusedIsTold() async throws {
        let refused = #"{"results":[{},{"error":{"status":400,"code":"invalid_handle","detail":"no"}}],"failed":1}"#
        let outcome = try await withFakeServer { _ in
            .json(refused)
        } _: {
            try await roost(["delete", "jobs", "good", "bad"], url: $0)
        }
        #expect(outcome.failure?.status == .refused)
        #expect(outcome.error.contains("not deleted: bad: no\n"))
        #expect(outcome.error.contains("deleted 1 message\n"))
    }

    @Test func anEmptyReceiveFailsOnlyWhenAsked() async throws {
        for (arguments, status) in [
            (["receive", "jobs"], nil), (["receive", "jobs", "--fail-if-empty"], RoostCommand.ExitStatus.empty),
        ] {
            let outcome = try await withFakeServer { _ in
                .json(#"{"messages":[]}"#)
            } _: {
                try await roost(arguments, url: $0)
            }
            #expect(outcome.failure?.status == status)
            #expect(outcome.out.isEmpty)
        }
    }

    @Test(arguments: [
        (false, [:], false), (true, [:], true), (true, ["NO_COLOR": "1"], false), (true, ["TERM": "dumb"], false),
    ])
    func colourIsForTerminalsThatWantIt(_ isTerminal: Bool, _ environment: [String: String], _ coloured: Bool)
        async throws
    {
        let outcome = try await withFakeServer { _ in
            .json(queueJSON)
        } _: {
            try await roost(
                ["queue", "stats", "jobs"], url: $0, FakeTerminal(outIsTerminal: isTerminal, environment: environment))
        }
        #expect(outcome.out.contains("\u{1B}[1m") == coloured)
    }

    @Test func statsAreForEyes() async throws {
        let outcome = try await withFakeServer { _ in
            .json(queueJSON)
        } _: {
            try await roost(["queue", "stats", "jobs"], url: $0)
        }
        for words in [
            "1,234,567", "damaged", "1h 2m", "unlimited", "paused since 2024-11-21T00:46:40Z: the disk", "1MiB",
        ] {
            #expect(outcome.out.contains(words))
        }
    }

    @Test func damagedMessagesHaveAColumnOnlyWhenThereAreSome() async throws {
        for (count, isShown) in [(0, false), (12, true)] {
            let queue = queueJSON.replacing(#""delayed":0}"#, with: #""delayed":0,"damaged":\#(count)}"#)
            let outcome = try await withFakeServer { _ in
                .json(#"{"queues":[\#(queueJSON.replacing("jobs", with: "old")),\#(queue)],"more":false}"#)
            } _: {
                try await roost(["queue", "list"], url: $0)
            }
            #expect(outcome.out.contains("DAMAGED") == isShown)
            #expect(outcome.out.contains(#/jobs.* 12 /#) == isShown)
            #expect(outcome.error.contains("roost peek jobs --state damaged") == isShown)
        }
    }

    @Test func aDamagedMessageIsNotShownAsAnEmptyOne() async throws {
        let recorder = Recorder()
        for arguments in [["peek", "jobs", "--state", "damaged"], ["peek", "jobs", "--state", "damaged", "--full"]] {
            let outcome = try await withFakeServer {
                recorder.add($0)
                return message(#""state":"damaged","body":"""#)
            } _: {
                try await roost(arguments, url: $0)
            }
            #expect(outcome.out.contains("(damaged)"))
            #expect(outcome.error.contains("roost delete jobs --id ID"))
        }
        #expect(recorder.requests.first?.uri.contains("state=damaged") == true)
    }

    @Test func fieldsOfLaterVersionsPassThroughJSON() async throws {
        let outcome = try await withFakeServer { _ in
            .json(queueJSON)
        } _: {
            try await roost(["queue", "stats", "jobs", "--json"], url: $0)
        }
        #expect(try JSONValue(Data(outcome.out.utf8))["later_field"] == true)
    }
}
