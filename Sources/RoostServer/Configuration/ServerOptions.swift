import Logging
import RoostModel
import RoostStorage

extension ServerOption {
    static let storageOptions: [ServerOption] = [
        ServerOption(
            name: "data", placeholder: "DIR", defaultText: ServerConfiguration().dataDirectory,
            accepted: "the path of a directory", help: "Directory of the log. It is made when it is missing.",
            kind: .single
        ) { text, configuration in
            configuration.dataDirectory = text
            return nil
        },
        ServerOption(
            name: "storage", placeholder: "ENGINE", defaultText: "local", accepted: "local",
            help: "Storage engine: local keeps the messages in the data directory.", kind: .single
        ) { text, configuration in
            guard !text.hasPrefix("redis://"), !text.hasPrefix("rediss://") else {
                return "storage on Redis or Valkey comes in a later version"
            }
            guard let engine = ServerConfiguration.StorageEngine(rawValue: text) else { return "not a storage engine" }
            configuration.storage = engine
            return nil
        },
        .choice(
            "fsync", "WHEN", \.fsync,
            "When the log is synced to disk. Only always keeps every accepted message through a power cut."
        ),
        // The range is that of the message index (RoostLog/LogLimits); far smaller segments cost a sync each few
        // messages.
        .size(
            "segment-bytes", \.segmentBytes, (64 << 10)...(128 << 20),
            "Size of a log segment: a multiple of 4KiB, at least twice --max-message-bytes. auto: 64MiB, less on a "
                + "small file system."
        ),
        .size(
            "snapshot-bytes", \.snapshotBytes, (64 << 10)...(1 << 40),
            "The log grows by at least this between two snapshots."
        ),
    ]

    static let doorOptions: [ServerOption] = [
        .door("sqs", \.sqs, "Address of the SQS API."),
        .door("http", \.http, "Address of the JSON API, the AweQ API, health and metrics."),
        .door("redis", \.redis, "Address of the Redis protocol."),
        ServerOption(
            name: "redis-password-file", placeholder: "FILE", defaultText: "",
            accepted: "the path of a file that only its owner can read",
            help: "Password of the Redis protocol: the first line of the file.", kind: .single
        ) { text, configuration in
            configuration.redisPasswordFile = text
            return nil
        },
        ServerOption(
            name: "admin-token-file", placeholder: "FILE", defaultText: "",
            accepted: "the path of a file that only its owner can read",
            help: "Token that the HTTP port asks for: the first line of the file.", kind: .single
        ) { text, configuration in
            configuration.adminTokenFile = text
            return nil
        },
        .choice(
            "console", "MODE", \.console,
            "The console at /console. read-only: nothing can be changed through the JSON API."
        ),
        ServerOption(
            name: "tls-cert", placeholder: "FILE", defaultText: "", accepted: "the path of a file in PEM",
            help: "Certificate of the server, with those between it and the root. It turns TLS on.", kind: .single
        ) { text, configuration in
            configuration.tlsCertificateFile = text
            return nil
        },
        ServerOption(
            name: "tls-key", placeholder: "FILE", defaultText: "",
            accepted: "the path of a file in PEM that only its owner can read",
            help: "Private key of the certificate.", kind: .single
        ) { text, configuration in
            configuration.tlsKeyFile = text
            return nil
        },
        ServerOption(
            name: "tls-doors", placeholder: "DOOR,...", defaultText: "sqs,http,redis", accepted: "sqs, http and redis",
            help: "Ports that speak TLS when there is a certificate.", kind: .list
        ) { text, configuration in
            let names = text.split { $0 == "," || $0 == " " }.map(String.init)
            let doors = names.compactMap { Door(rawValue: $0) }.filter { $0 != .inside }
            guard doors.count == names.count, !doors.isEmpty else { return "not a list of ports" }
            configuration.tlsDoors = doors
            return nil
        },
        .toggle(
            "insecure", kind: .flag, isOn: false,
            "Allow addresses that other machines can reach, although nobody has to prove who they are."
        ) { $1.insecure = $0 },
        .toggle(
            "enable-debug-command", kind: .flag, isOn: false,
            "Allow DEBUG on the Redis port: it can block the server, and is for tests of clients."
        ) { $1.enableDebugCommand = $0 },
        ServerOption(
            name: "server-names", placeholder: "NAME,...", defaultText: "", accepted: "host names without port",
            help: "Names beside localhost that the Host header of a request may carry.", kind: .list
        ) { text, configuration in
            let names = text.split { $0 == "," || $0 == " " }.map { $0.lowercased() }
            if let wrong = names.first(where: { !ListenAddress.isHostName($0[...]) }) {
                return "\"\(wrong)\" is not a host name"
            }
            configuration.serverNames = names
            return nil
        },
        ServerOption(
            name: "access-keys-file", placeholder: "FILE", defaultText: "",
            accepted: "the path of a file that only its owner can read",
            help: "Access keys of the SQS API. With keys every request has to be signed.", kind: .single
        ) { text, configuration in
            configuration.accessKeysFile = text
            return nil
        },
    ]

    static let queueOptions: [ServerOption] =
        [
            ServerOption(
                name: "account", placeholder: "ID", defaultText: ServerConfiguration().account, accepted: "12 digits",
                help: "Account in the URLs of SQS queues.", kind: .single
            ) { text, configuration in
                guard text.utf8.count == 12, text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                    return "not an account number"
                }
                configuration.account = text
                return nil
            },
            ServerOption(
                name: "region", placeholder: "NAME", defaultText: ServerConfiguration().region,
                accepted: "1 to 63 of a-z, 0-9 and -", help: "Region in the ARNs of SQS queues.", kind: .single
            ) { text, configuration in
                let isWord = text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
                guard isWord, (1...63).contains(text.utf8.count) else { return "not the name of a region" }
                configuration.region = text
                return nil
            },
            .size(
                "max-message-bytes", \.maxMessageBytes, (1 << 10)...(64 << 20),
                "Largest message, attributes included. SQS clients have 1MiB at most. auto: 16MiB, or half a segment."
            ),
            .toggle(
                "sqs-strict-timing", kind: .single, isOn: true,
                "Refuse what SQS refuses: purging a queue, or making it again, within 60 seconds."
            ) { $1.sqsStrictTiming = $0 },
            .toggle(
                "auto-create", kind: .flag, isOn: false,
                "A send or receive makes the queue that it names, with default settings."
            ) { $1.autoCreate = $0 },
        ] + aweqOptions

    /// They stand in the order in which they are applied: `aweq` last, so that `off` wins.
    private static let aweqOptions: [ServerOption] = [
        ServerOption(
            name: "aweq-queue", placeholder: "NAME", defaultText: ServerConfiguration.AweQ().queue,
            accepted: "1 to 80 of A-Z, a-z, 0-9, - and _", help: "Queue behind the AweQ API.", kind: .single
        ) { text, configuration in
            guard let name = try? QueueName(text) else { return "not the name of a queue" }
            guard !name.isFIFO else { return "the AweQ API redelivers at the end, which a FIFO queue cannot" }
            configuration.aweq?.queue = text
            return nil
        },
        ServerOption(
            name: "aweq-visibility", placeholder: "TIME", defaultText: "120s",
            accepted: "1s to 12h (\(TimeSpan.accepted))",
            help: "How long a message that the AweQ API handed out stays hidden.", kind: .single
        ) { text, configuration in
            guard let time = TimeSpan.parse(text) else { return "not a time" }
            guard time >= .seconds(1), time <= Limits.visibilityTimeoutMax else { return "out of range" }
            configuration.aweq?.visibilityTimeout = time
            return nil
        },
        .toggle("aweq", kind: .single, isOn: true, "Serve the AweQ API on the HTTP port.") {
            if !$0 { $1.aweq = nil }
        },
    ]

    static let engineOptions: [ServerOption] = [
        .choice(
            "engine", "MODE", \.engine,
            "Where the queues live: inline on the one event loop, threaded on a thread of their own, or auto."
        ),
        .number("loops", \.loops, 1...64, "Event loops that serve connections."),
        .size(
            "cache-bytes", \.cacheBytes, (1 << 20)...(1 << 40),
            "Memory for message bodies. Others are read from the log when they are received."
        ),
        .memory(
            "memory-bytes", \.memoryBytes, (1 << 20)...(1 << 44),
            "Above this, new messages are refused. auto: 70 % of the memory of the machine or its control group."
        ),
        .toggle(
            "test-acknowledge-early", kind: .testFlag, isOn: false,
            "Reply before the sync. It breaks the first promise, and the test of that promise must notice."
        ) { $1.acknowledgeEarly = $0 },
    ]

    static let logOptions: [ServerOption] = [
        ServerOption(
            name: "log-level", placeholder: "LEVEL", defaultText: ServerConfiguration().logLevel.rawValue,
            accepted: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "),
            help: "Least important log lines that are written.", kind: .single
        ) { text, configuration in
            guard let level = Logger.Level(rawValue: text) else { return "not a log level" }
            configuration.logLevel = level
            return nil
        },
        .choice("log-format", "FORMAT", \.logFormat, "Form of a log line on stderr."),
    ]
}
