package import ArgumentParser
import Foundation
import NIOHTTP1
import RoostServer

package struct Doctor: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Look for what keeps a server from running well, and say what to do.",
        discussion: """
            Looks at the configuration (with the options of serve), the data directory, the disk, limits of the \
            system, the clock, the ports and the server at --url. Nothing is changed but a file of its own in the data \
            directory, which is removed again.

            Examples:
              roost doctor
              roost doctor --data /var/lib/roost --config /etc/roost.yaml
              roost doctor --json
            """
    )

    @OptionGroup package var options: ServeOptions
    @Option(help: ArgumentHelp("HTTP address of the server. ROOST_URL.", valueName: "url"))
    package var url: String?
    @Option(help: ArgumentHelp("File whose first line is the admin token of the server.", valueName: "file"))
    package var tokenFile: String?
    @Option(help: ArgumentHelp("Certificates in PEM that the server is trusted by.", valueName: "file"))
    package var caFile: String?
    @Flag(help: "Write one JSON document to stdout.")
    package var json = false

    package init() {}

    package func run() async throws {
        let console = Console.current
        let findings = await findings(console.environment)
        if json {
            console.out(try JSONValue.object(["findings": .list(findings.map(\.document))]).rendered())
        } else {
            console.out(findings.map { Self.lines($0, console.outStyle) }.joined())
            console.out(Self.summary(findings) + "\n")
        }
        if findings.contains(where: { $0.level == .problem }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func findings(_ environment: [String: String]) async -> [DoctorFinding] {
        let (configuration, first) = Self.configuration(options.given, environment)
        let server = await server(environment)
        var findings = first
        findings += MachineChecks.all()
        if let configuration {
            findings += DataDirectoryChecks.all(at: configuration.dataDirectory, isServerRunning: server.level == .fine)
            findings += PortChecks.all(configuration, isServerRunning: server.level == .fine)
        }
        return findings + [server]
    }

    /// What is wrong in the configuration is a finding; then nothing that it names can be looked at.
    private static func configuration(
        _ flags: [String: [String]], _ environment: [String: String]
    ) -> (ServerConfiguration?, [DoctorFinding]) {
        do {
            let loaded = try LoadedConfiguration(flags: flags, environment: environment)
            var findings = loaded.warnings.map { DoctorFinding(.warning, "configuration", $0) }
            if findings.isEmpty { findings = [.fine("configuration", "no problem")] }
            return (loaded.configuration, findings + certificate(loaded.configuration))
        } catch {
            let finding = DoctorFinding(
                .problem, "configuration", "\(error)",
                nextStep: "See where each value comes from with: roost serve --print-config")
            return (nil, [finding, DoctorFinding(.note, "data and ports", "not looked at: see configuration")])
        }
    }

    private static func certificate(_ configuration: ServerConfiguration) -> [DoctorFinding] {
        guard let files = configuration.tlsFiles else { return [] }
        do {
            try files.check()
            return [.fine("certificate", "\(Text.harmless(files.certificate)) and its key can be used")]
        } catch {
            return [DoctorFinding(.problem, "certificate", "\(error)", nextStep: "A server does not start with them.")]
        }
    }

    private func server(_ environment: [String: String]) async -> DoctorFinding {
        do {
            var client = try ClientOptions.parse([])
            (client.url, client.tokenFile, client.caFile) = (url, tokenFile, caFile)
            let reply = try await client.withClient { try await $0.call(.GET, ["stats"]) }
            let node = try API.decode(NodeDescription.self, reply)
            let address = try client.baseURL(environment).absoluteString
            return .fine("server", "roost \(Text.harmless(node.version)) at \(address): \(Text.harmless(node.state))")
        } catch {
            let error = error as? CommandError ?? CommandError(.failed, "\(error)")
            let level = url == nil ? DoctorFinding.Level.note : .problem
            return DoctorFinding(level, "server", error.message, nextStep: error.nextStep)
        }
    }

    private static func lines(_ finding: DoctorFinding, _ style: Style) -> String {
        let word = finding.level.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
        let isBad = finding.level == .warning || finding.level == .problem
        let head = "\(isBad ? style.yellow(word) : word) \(style.bold(finding.subject)): \(finding.text)\n"
        return head + (finding.nextStep.map { "         -> \($0)\n" } ?? "")
    }

    private static func summary(_ findings: [DoctorFinding]) -> String {
        let problems = findings.filter { $0.level == .problem }.count
        let warnings = findings.filter { $0.level == .warning }.count
        if problems == 0, warnings == 0 { return "No problem was found." }
        return "\(Text.plural(problems, "problem")), \(Text.plural(warnings, "warning"))."
    }
}
