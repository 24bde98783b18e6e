package import RoostServer

/// What `serve` writes to stdout when it is ready: where it listens, and a first command to try.
package enum Banner {
    package static func text(
        sqs: ListenAddress?, http: ListenAddress?, _ configuration: ServerConfiguration
    ) -> String {
        var lines = ["roost \(Version.text) is ready. Data in \(configuration.dataDirectory)"]
        if let sqs { lines.append("  SQS API    http://\(sqs)") }
        if let http {
            lines.append("  JSON API   http://\(http)/api/v1")
            if configuration.aweq != nil { lines.append("  AweQ API   http://\(http)/send-message") }
            lines.append("  health     http://\(http)/readyz")
        }
        lines.append("Try:")
        lines.append("  \(firstCommand(sqs: sqs, http: http, configuration))")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func firstCommand(
        sqs: ListenAddress?, http: ListenAddress?, _ configuration: ServerConfiguration
    ) -> String {
        if let http {
            let url = "http://\(http)" == ClientOptions.defaultURL ? "" : " --url http://\(http)"
            return "roost queue create hello\(url) && roost send hello 'first message'\(url)"
                + " && roost receive hello\(url)"
        }
        guard let sqs else { return "roost serve --help" }
        return "aws sqs create-queue --queue-name hello --endpoint-url http://\(sqs) --region \(configuration.region)"
    }
}
