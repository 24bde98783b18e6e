import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite("Metrics of the process")
struct ProcessFiguresTests {
    private static let stat =
        "4711 (a ) (b) S 1 4711 4711 0 -1 4194560 900 0 1 0 250 50 0 0 20 0 9 0 1000 409120000 2500 18446744073709"

    private func figures(_ stat: String) -> ProcessFigures? {
        ProcessFigures(stat: stat, bootSeconds: 1_700_000_000, ticksPerSecond: 100, pageBytes: 4096)
    }

    @Test("The fields of /proc/self/stat are counted behind the name of the program")
    func fields() {
        let figures = figures(Self.stat)
        #expect(figures?.cpuSeconds == 3 && figures?.startSeconds == 1_700_000_010)
        #expect(figures?.virtualBytes == 409_120_000 && figures?.residentBytes == 2500 * 4096)
    }

    @Test("A text that ends early gives no figures, wherever it ends")
    func truncated() {
        let end = Self.stat.firstRange(of: " 250")?.lowerBound ?? Self.stat.endIndex
        for index in Self.stat[..<end].indices { #expect(figures(String(Self.stat[..<index])) == nil) }
    }

    @Test("They stand at /metrics under the names that all programs have")
    func metrics() async throws {
        try await TestServer().test { client in
            let text = try await client.call(.get, "/metrics").text
            for name in [
                "process_cpu_seconds_total", "process_start_time_seconds", "process_resident_memory_bytes",
                "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
            ] {
                let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
                #expect(line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0 > 0, "\(name)")
            }
            let one = try await client.call(.get, "/metrics?family=process_open_fds").text
            #expect(one.split(separator: "\n").count == 3 && one.contains("# TYPE process_open_fds gauge"))
        }
    }
}
