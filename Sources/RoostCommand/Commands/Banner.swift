import Foundation
package import RoostServer

/// What `serve` writes to stdout when it is ready: where it listens, and a first command to try.
package enum Banner {
    /// - Parameter program: how this program is called in the first command.
    package static func text(
        sqs: ListenAddress?, http: ListenAddress?, _ configuration: ServerConfiguration,
        program: String = Banner.program()
    ) -> String {
        var lines = ["roost \(Version.text) is ready. Data in \(configuration.dataDirectory)"]
        if let sqs { lines.append("  SQS API    http://\(sqs)") }
        if let http {
            lines.append("  JSON API   http://\(http)/api/v1")
            if configuration.aweq != nil { lines.append("  AweQ API   http://\(http)/send-message") }
            lines.append("  health     http://\(http)/readyz")
        }
        lines.append("Try:")
        lines.append("  \(firstCommand(sqs: sqs, http: http, configuration, program))")
        return lines.map { $0 + "\n" }.joined()
    }

    /// The running program as a shell finds it again: the path it was started by, or its name when that came from
    /// PATH. A path below the current directory is shortened, because the next command is mostly typed there.
    package static func program(
        startedAs argument: String = CommandLine.arguments.first ?? "roost",
        in directory: String = FileManager.default.currentDirectoryPath
    ) -> String {
        guard argument.contains("/") else { return "roost" }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        guard argument.hasPrefix(prefix) else { return quoted(argument) }
        let relative = String(argument.dropFirst(prefix.count))
        return quoted(relative.contains("/") ? relative : "./" + relative)
    }

    private static func firstCommand(
        sqs: ListenAddress?, http: ListenAddress?, _ configuration: ServerConfiguration, _ program: String
    ) -> String {
        if let http {
            let url = "http://\(http)" == ClientOptions.defaultURL ? "" : " --url http://\(http)"
            return "\(program) queue create hello\(url) && \(program) send hello 'first message'\(url)"
                + " && \(program) receive hello\(url)"
        }
        guard let sqs else { return "\(program) serve --help" }
        return "aws sqs create-queue --queue-name hello --endpoint-url http://\(sqs) --region \(configuration.region)"
    }

    /// As one word of a shell.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "/._-+@%,:=".contains($0) }
        return isPlain ? path : "'" + path.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
    }
}
