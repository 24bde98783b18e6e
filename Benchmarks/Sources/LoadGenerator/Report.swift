/// What was counted between the end of the warm-up and the end of the run.
struct Measurement {
    var nanoseconds: UInt64 = 0
    var requests: UInt64 = 0
    var messages: UInt64 = 0
    var errors: UInt64 = 0
    var emptyReceives: UInt64 = 0
    var latency = Histogram()
    /// From sending to receiving, of messages that carry the time.
    var dwell = Histogram()
    var firstError: String?
    var clientNanoseconds: UInt64 = 0
    var serverNanoseconds: UInt64?
}

struct Report: Codable {
    var scenario: String
    var connections: Int
    var seconds: Double
    var requests: UInt64
    var requestsPerSecond: Double
    var messages: UInt64
    var messagesPerSecond: Double
    var errors: UInt64
    var emptyReceives: UInt64
    var p50Microseconds: Double
    var p99Microseconds: Double
    var p999Microseconds: Double
    var maxMicroseconds: Double
    var dwellMessages: UInt64?
    var dwellP50Microseconds: Double?
    var dwellP99Microseconds: Double?
    var dwellMaxMicroseconds: Double?
    var clientCPUMicrosecondsPerRequest: Double
    var serverCPUMicrosecondsPerRequest: Double?
    var firstError: String?

    init(scenario: String, connections: Int, _ measurement: Measurement) {
        self.scenario = scenario
        self.connections = connections
        seconds = Double(measurement.nanoseconds) / 1e9
        requests = measurement.requests
        requestsPerSecond = Double(measurement.requests) / seconds
        messages = measurement.messages
        messagesPerSecond = Double(measurement.messages) / seconds
        errors = measurement.errors
        emptyReceives = measurement.emptyReceives
        p50Microseconds = Double(measurement.latency.quantile(0.5)) / 1000
        p99Microseconds = Double(measurement.latency.quantile(0.99)) / 1000
        p999Microseconds = Double(measurement.latency.quantile(0.999)) / 1000
        maxMicroseconds = Double(measurement.latency.largest) / 1000
        if measurement.dwell.total > 0 {
            dwellMessages = measurement.dwell.total
            dwellP50Microseconds = Double(measurement.dwell.quantile(0.5)) / 1000
            dwellP99Microseconds = Double(measurement.dwell.quantile(0.99)) / 1000
            dwellMaxMicroseconds = Double(measurement.dwell.largest) / 1000
        }
        let requests = Double(max(1, measurement.requests))
        clientCPUMicrosecondsPerRequest = Double(measurement.clientNanoseconds) / 1000 / requests
        serverCPUMicrosecondsPerRequest = measurement.serverNanoseconds.map { Double($0) / 1000 / requests }
        firstError = measurement.firstError
    }

    var text: String {
        var lines = [
            "\(scenario), \(connections) connections, \(rounded(seconds, 2)) s",
            "requests/s  \(Int(requestsPerSecond))",
            "messages/s  \(Int(messagesPerSecond))",
            "latency us  p50 \(rounded(p50Microseconds, 1))  p99 \(rounded(p99Microseconds, 1))  "
                + "p99.9 \(rounded(p999Microseconds, 1))  max \(rounded(maxMicroseconds, 1))",
            "errors      \(errors)",
            "client      \(rounded(clientCPUMicrosecondsPerRequest, 2)) us of processor time a request",
        ]
        if let server = serverCPUMicrosecondsPerRequest {
            lines.append("server      \(rounded(server, 2)) us of processor time a request")
        }
        if let dwellMessages, let dwellP50Microseconds, let dwellP99Microseconds, let dwellMaxMicroseconds {
            lines.append(
                "dwell us    p50 \(rounded(dwellP50Microseconds, 1))  p99 \(rounded(dwellP99Microseconds, 1))  "
                    + "max \(rounded(dwellMaxMicroseconds, 1))  of \(dwellMessages) messages")
        }
        if emptyReceives > 0 { lines.append("empty receives \(emptyReceives)") }
        if let firstError { lines.append("first error: \(firstError)") }
        return lines.joined(separator: "\n")
    }

    private func rounded(_ value: Double, _ digits: Int) -> String {
        let scale = digits == 1 ? 10.0 : 100.0
        return String((value * scale).rounded() / scale)
    }
}
