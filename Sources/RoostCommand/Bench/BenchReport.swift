/// The figures of a finished run.
struct BenchReport {
    struct Figures {
        var messages: Int
        var seconds: Double
        var bytesPerMessage: Int
        var latencies: Histogram

        var rate: Double { seconds > 0 ? Double(messages) / seconds : 0 }
        var megabytesPerSecond: Double { rate * Double(bytesPerMessage) / 1e6 }
    }

    private static let percentiles: [(title: String, key: String, fraction: Double)] = [
        ("P50", "p50", 0.5), ("P99", "p99", 0.99), ("P99.9", "p99_9", 0.999),
    ]

    let plan: BenchPlan
    let send: Figures
    let receive: Figures
    let counts: BenchLedger.Counts
    let verification: Verification

    init(plan: BenchPlan, send: BenchRun.Side, receive: BenchRun.Side, ledger: BenchLedger, left: Int) {
        func figures(_ side: BenchRun.Side, _ messages: Int) -> Figures {
            Figures(
                messages: messages, seconds: (side.end - side.start) / .seconds(1), bytesPerMessage: plan.size,
                latencies: side.latencies)
        }
        self.plan = plan
        counts = ledger.counts
        verification = ledger.verification(left: left)
        self.send = figures(send, counts.sent)
        self.receive = figures(receive, counts.received + counts.duplicates)
    }

    func text(_ style: Style) -> String {
        var table = Table(
            [.left(""), .right("MESSAGES"), .right("MSGS/S"), .right("MB/S")]
                + Self.percentiles.map { .right($0.title) } + [.right("MAX")])
        table.add(row("send", send))
        if plan.consumers > 0 { table.add(row("receive+delete", receive)) }
        return table.rendered(style) + verification.line + "\n"
    }

    private func row(_ name: String, _ figures: Figures) -> [String] {
        [
            name, Text.number(figures.messages), Text.number(figures.rate),
            Text.decimal(figures.megabytesPerSecond, digits: 2),
        ]
            + Self.percentiles.map { Text.milliseconds(nanoseconds: figures.latencies.value(at: $0.fraction)) }
            + [Text.milliseconds(nanoseconds: figures.latencies.max)]
    }

    var document: JSONValue {
        .object([
            "queue": .text(plan.queue),
            "settings": settings,
            "send": document(send),
            "receive_and_delete": document(receive),
            "verification": .object([
                "sent": .integer(Int64(verification.sent)), "received": .integer(Int64(verification.received)),
                "left": .integer(Int64(verification.left)), "duplicates": .integer(Int64(verification.duplicates)),
                "lost": .integer(Int64(verification.lost)), "unanswered": .integer(Int64(verification.unanswered)),
                "unanswered_received": .integer(Int64(verification.unansweredReceived)),
                "surplus": .integer(Int64(verification.surplus)),
            ]),
            "foreign": .integer(Int64(counts.foreign)),
            "errors": .integer(Int64(counts.errors)),
            "first_error": counts.firstError.map { .text($0) } ?? .null,
        ])
    }

    private var settings: JSONValue {
        .object([
            "producers": .integer(Int64(plan.producers)), "consumers": .integer(Int64(plan.consumers)),
            "size_bytes": .integer(Int64(plan.size)), "batch": .integer(Int64(plan.batch)),
            "duration_seconds": plan.duration.map { .number($0 / .seconds(1)) } ?? .null,
            "count": plan.count.map { .integer(Int64($0)) } ?? .null,
        ])
    }

    private func document(_ figures: Figures) -> JSONValue {
        var latency = Dictionary(
            uniqueKeysWithValues: Self.percentiles.map {
                ($0.key, JSONValue.number(Double(figures.latencies.value(at: $0.fraction)) / 1e6))
            })
        latency["max"] = .number(Double(figures.latencies.max) / 1e6)
        return .object([
            "messages": .integer(Int64(figures.messages)), "seconds": .number(figures.seconds),
            "messages_per_second": .number(figures.rate),
            "megabytes_per_second": .number(figures.megabytesPerSecond), "latency_ms": .object(latency),
        ])
    }
}
