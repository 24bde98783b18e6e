import CEpoll
import FoundationEssentials
import Glibc

/// A closed-loop load generator: each connection sends its next request when the reply to the last one is complete.
/// One thread, plain sockets and epoll, so that it takes little of the machine that it shares with the server.
@main
enum SQSLoad {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            let report = try run(options)
            try show(report, asJSON: options.json)
            exit(report.errors == 0 ? 0 : 1)
        } catch let error as UsageError {
            complain("\(error.message)\n\(Options.usage)")
            exit(64)
        } catch {
            complain("\(error)")
            exit(69)
        }
    }

    private static func run(_ options: Options) throws -> Report {
        let quota = options.quota
        let loop = try LoadLoop(
            address: Address(host: options.host, port: options.port), connections: options.connections,
            serverProcess: options.serverProcess
        ) {
            options.makeConversation(quota: quota)
        }
        let measurement =
            quota == nil
            ? try loop.run(warmUp: options.warmUp, duration: options.duration)
            : try loop.runToCompletion()
        return Report(scenario: options.scenario.rawValue, connections: options.connections, measurement)
    }

    private static func show(_ report: Report, asJSON: Bool) throws {
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report.text)
        }
    }

    private static func complain(_ text: String) {
        let line = Array("sqsload: \(text)\n".utf8)
        write(STDERR_FILENO, line, line.count)
    }
}
