import CEpoll
import FoundationEssentials
import Glibc

/// A load generator. Most scenarios are a closed loop: each connection sends its next request when the reply to the
/// last one is complete. Some start requests at a rate (Pace).
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
        raiseFileLimit()
        let numbers = MessageNumbers(base: realTimeNanoseconds())
        let workload = Workload(options, numbers: numbers)
        let loop = try LoadLoop(
            address: Address(host: options.host, port: options.port), connections: workload.connections,
            serverProcess: options.serverProcess, paces: workload.paces, makeConversation: workload.makeConversation)
        let measurement =
            workload.isFinite
            ? try loop.runToCompletion()
            : try loop.run(warmUp: options.warmUp, duration: options.duration)
        return Report(scenario: options.scenario.rawValue, connections: options.connections, measurement)
    }

    /// Each connection is a file, and systems start processes with a soft limit of 1,024.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
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
