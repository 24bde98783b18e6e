import Foundation
import RoostCommand
import RoostServer
import Testing

@Suite struct ServeTests {
    @Test func printConfigShowsEachValueAndItsPlace() async throws {
        let terminal = FakeTerminal(environment: ["ROOST_FSYNC": "interval"])
        let outcome = try await roost(["serve", "--print-config", "--loops", "2"], terminal)
        #expect(outcome.failure == nil)
        #expect(outcome.out.contains(#/fsync +interval +environment ROOST_FSYNC\n/#))
        #expect(outcome.out.contains(#/loops +2 +flag --loops\n/#))
        #expect(outcome.out.contains(#/sqs +127.0.0.1:9324 +default\n/#))
        #expect(outcome.out.contains("warning: fsync interval"))
    }

    @Test func printConfigAsJSON() async throws {
        let outcome = try await roost(["serve", "--print-config", "--json", "--insecure"])
        let document = try JSONValue(Data(outcome.out.utf8))
        #expect(document["options"]?["insecure"]?["source"] == .object(["kind": "flag", "name": "--insecure"]))
        #expect(document["options"]?["region"]?["source"] == .object(["kind": "default", "name": .null]))
        #expect(document["warnings"]?.items?.count == 1)
        #expect(document["options"]?["test-acknowledge-early"] == nil)
    }

    @Test func theBannerNamesEveryDoorAndAFirstCommand() {
        var configuration = ServerConfiguration()
        let text = Banner.text(
            RoostServer.Endpoints(sqs: configuration.sqs, http: configuration.http), configuration,
            program: "bin/roost")
        for words in [
            "http://127.0.0.1:9324\n", "http://127.0.0.1:9325/api/v1", "/send-message",
            "Try:\n  bin/roost queue create hello && bin/roost send hello 'first message' && bin/roost receive hello\n",
        ] {
            #expect(text.contains(words))
        }
        configuration.aweq = nil
        let other = ListenAddress(host: "::1", port: 7)
        let moved = Banner.text(RoostServer.Endpoints(http: other), configuration, program: "roost")
        #expect(!moved.contains("/send-message"))
        #expect(!moved.contains("SQS"))
        #expect(moved.contains("roost send hello 'first message' --url http://[::1]:7"))
        #expect(Banner.text(RoostServer.Endpoints(sqs: other), configuration).contains("--endpoint-url http://[::1]:7"))
        let none = Banner.text(RoostServer.Endpoints(), configuration, program: "./roost")
        #expect(none.contains("./roost serve --help"))
        let redis = Banner.text(RoostServer.Endpoints(redis: other), configuration)
        #expect(redis.contains("redis-cli -h ::1 -p 7 lpush hello"))
    }

    @Test(arguments: [
        ("roost", "roost"),
        (".build/release/roost", ".build/release/roost"),
        ("/srv/me/roost/.build/release/roost", ".build/release/roost"),
        ("/srv/me/roost/roost", "./roost"),
        ("/srv/me/roost2/roost", "/srv/me/roost2/roost"),
        ("../my bin/it's", #"'../my bin/it'\''s'"#),
    ])
    func theFirstCommandNamesTheProgramAsAShellFindsIt(argument: String, command: String) {
        #expect(Banner.program(startedAs: argument, in: "/srv/me/roost") == command)
    }

    @Test func theFirstCommandInTheRootDirectory() {
        #expect(Banner.program(startedAs: "/roost", in: "/") == "./roost")
        #expect(Banner.program(startedAs: "/opt/roost", in: "/") == "opt/roost")
    }
}
