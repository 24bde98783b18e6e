import RoostModel
import RoostStorage

/// What must hold between options, and what an operator should be told.
enum ConfigurationRules {
    typealias Problem = ConfigurationError.Problem
    typealias Value = LoadedConfiguration.Value

    static func problems(of configuration: ServerConfiguration, _ values: [Value]) -> [Problem] {
        func subject(_ name: String) -> String? { values.first { $0.option == name }?.subject }
        var problems: [Problem] = []
        let doors = doors(of: configuration)
        if doors.isEmpty {
            problems.append(Problem(reason: "--sqs, --http and --redis are all off, so there is nothing to serve"))
        }
        for (place, door) in doors.enumerated() where door.address.port != 0 {
            guard let other = doors[..<place].first(where: { $0.address == door.address }) else { continue }
            problems.append(Problem(subject: subject(door.name), reason: "--\(other.name) has the same address"))
        }
        for (name, address) in openDoors(of: configuration) where !configuration.insecure {
            problems.append(exposure(subject(name), name, address))
        }
        if configuration.engine == .inline, configuration.loops > 1 {
            let reason = "--engine inline runs the queues on the one event loop; use --loops 1 or --engine threaded"
            problems.append(Problem(subject: subject("loops"), reason: reason))
        }
        if let bytes = configuration.segmentBytes.bytes, !bytes.isMultiple(of: 4096) {
            let reason = "a segment consists of whole pages"
            problems.append(Problem(subject: subject("segment-bytes"), reason: reason, accepted: "a multiple of 4KiB"))
        }
        if let bytes = configuration.segmentBytes.bytes, let message = configuration.maxMessageBytes.bytes,
            bytes / 2 < message
        {
            let needed = ByteSize.text(message * 2)
            let reason = "a segment has to hold two of the largest messages (--max-message-bytes)"
            problems.append(Problem(subject: subject("segment-bytes"), reason: reason, accepted: "\(needed) or more"))
        }
        for queue in configuration.queues where queue.name.text == configuration.aweq?.queue {
            let reason = "\(queue.name) is the queue of the AweQ API, which has settings of its own"
            problems.append(
                Problem(
                    subject: queue.place, reason: reason,
                    accepted: "another name, here or for --aweq-queue, or --aweq off"))
        }
        return problems
    }

    private static func doors(of configuration: ServerConfiguration) -> [(name: String, address: ListenAddress)] {
        let all = [("sqs", configuration.sqs), ("http", configuration.http), ("redis", configuration.redis)]
        return all.compactMap { name, address in address.map { (name, $0) } }
    }

    /// Those that other machines can reach without proving who they are.
    private static func openDoors(of configuration: ServerConfiguration) -> [(name: String, address: ListenAddress)] {
        doors(of: configuration).filter { name, address in
            switch name {
            case "sqs": !address.isLoopback && !configuration.hasAccessKeys
            case "redis": !address.isLoopback && !configuration.hasRedisPassword
            default: !address.isLoopback && !configuration.hasAdminToken
            }
        }
    }

    private static func exposure(_ subject: String?, _ name: String, _ address: ListenAddress) -> Problem {
        let keys =
            switch name {
            case "sqs": "access keys (--access-keys-file), "
            case "redis": "a password (--redis-password-file), "
            default: "an admin token (--admin-token-file), "
            }
        return Problem(
            subject: subject,
            reason: """
                other machines may reach this address, and nobody has to prove who they are: everybody could read and \
                delete every message
                """,
            accepted:
                "a loopback address such as 127.0.0.1:\(address.port), \(keys)or --insecure to allow it all the same"
        )
    }

    static func warnings(of configuration: ServerConfiguration) -> [String] {
        var warnings: [String] = []
        let open = openDoors(of: configuration)
        for (name, address) in open {
            warnings.append(
                "insecure: everybody who can reach \(address) (\(name)) can read and delete every message; "
                    + "nobody has to prove who they are"
            )
        }
        if configuration.insecure, open.isEmpty {
            warnings.append("insecure is set, but nothing that it allows is there: it can be left out")
        }
        if let http = configuration.http, !http.isLoopback, configuration.hasAdminToken, !configuration.usesTLS(.http) {
            warnings.append("http: the admin token and every message cross the network as they are; see --tls-cert")
        }
        switch configuration.fsync {
        case .always: break
        case .interval: warnings.append("fsync interval: a power cut loses messages that were accepted shortly before")
        case .off: warnings.append("fsync off: a power cut loses messages that were accepted before")
        }
        if configuration.autoCreate {
            warnings.append("auto-create: a misspelt name of a queue makes a queue instead of an error")
        }
        if configuration.acknowledgeEarly {
            warnings.append("test-acknowledge-early: replies leave before the sync; never use this outside tests")
        }
        return warnings
    }

    /// Variables that look like options but are none.
    static func strangers(in environment: [String: String]) -> [String] {
        let known = Set(
            ServerOption.all.map(\.environmentVariable) + [ServerOption.configFileVariable, "ROOST_URL"]
                + AccessKeySources.variables + [RedisPassword.variable, AdminTokenSource.variable, "ROOST_CA_FILE"])
        return environment.keys.sorted().filter {
            $0.hasPrefix("ROOST_") && !known.contains($0) && !isServiceLink($0)
        }.map { "\($0) is not an option and was ignored" }
    }

    /// Kubernetes puts the addresses of a service named roost into every container: ROOST_SERVICE_HOST,
    /// ROOST_PORT_9324_TCP and so on.
    private static func isServiceLink(_ name: String) -> Bool {
        name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT_")
            || name.hasSuffix("_PORT")
    }
}
