import Foundation
package import RoostServer
import RoostStorage

/// What `serve` writes to stdout when it is ready: where it listens, and a first command to try.
package enum Banner {
    /// - Parameter program: how this program is called in the first command.
    package static func text(
        _ endpoints: RoostServer.Endpoints, _ configuration: ServerConfiguration, program: String = Banner.program()
    ) -> String {
        var lines = ["roost \(Version.text) is ready. Data in \(configuration.dataDirectory)"]
        let (web, redisScheme) = (scheme(configuration, .http), configuration.usesTLS(.redis) ? "rediss" : "redis")
        if let sqs = endpoints.sqs { lines.append("  SQS API    \(scheme(configuration, .sqs))://\(sqs)") }
        if let redis = endpoints.redis { lines.append("  Redis      \(redisScheme)://\(redis)") }
        if let http = endpoints.http {
            if configuration.servesConsole { lines.append("  console    \(web)://\(http)/console") }
            lines.append("  JSON API   \(web)://\(http)/api/v1")
            if configuration.aweq != nil { lines.append("  AweQ API   \(web)://\(http)/send-message") }
            lines.append("  health     \(web)://\(http)/readyz")
        }
        lines.append("Try:")
        lines.append("  \(firstCommand(endpoints, configuration, program))")
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
        _ endpoints: RoostServer.Endpoints, _ configuration: ServerConfiguration, _ program: String
    ) -> String {
        if let http = endpoints.http {
            let address = "\(scheme(configuration, .http))://\(http)"
            let url = (address == ClientOptions.defaultURL ? "" : " --url \(address)") + access(configuration)
            return "\(program) queue create hello\(url) && \(program) send hello 'first message'\(url)"
                + " && \(program) receive hello\(url)"
        }
        if let sqs = endpoints.sqs {
            let region = configuration.region
            return "aws sqs create-queue --queue-name hello --endpoint-url \(scheme(configuration, .sqs))://\(sqs)"
                + " --region \(region)"
        }
        guard let redis = endpoints.redis else { return "\(program) serve --help" }
        return "redis-cli -h \(redis.host) -p \(redis.port) lpush hello 'first message'"
    }

    /// What a client has to name beside the address. A token out of the environment may be there for it as well.
    private static func access(_ configuration: ServerConfiguration) -> String {
        var options = ""
        if let file = configuration.adminTokenFile { options += " --token-file \(quoted(file))" }
        if configuration.usesTLS(.http), let file = configuration.tlsFiles?.certificate {
            options += " --ca-file \(quoted(file))"
        }
        return options
    }

    private static func scheme(_ configuration: ServerConfiguration, _ door: Door) -> String {
        configuration.usesTLS(door) ? "https" : "http"
    }

    /// As one word of a shell.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "/._-+@%,:=".contains($0) }
        return isPlain ? path : "'" + path.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
    }
}
