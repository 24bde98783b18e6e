import RedisFrontend
import Testing

@Suite("Rows and errors beside those of Redis")
struct RecordedAnswerTests {
    private static let flagNames: [(CommandRow.Flags, String)] = [
        (.write, "write"), (.readonly, "readonly"), (.denyoom, "denyoom"), (.fast, "fast"),
        (.movablekeys, "movablekeys"),
    ]

    private func description(_ row: CommandRow) -> String {
        let flags = Self.flagNames.filter { row.flags.contains($0.0) }.map(\.1).joined(separator: ",")
        let keys = "\(row.keys.first),\(row.keys.last),\(row.keys.step)"
        return "\(row.name) \(row.arity) \(flags) \(keys) \(row.since)"
    }

    @Test("Name, arity, flags, places of keys and age are those of Redis")
    func rows() {
        let rows = Dictionary(uniqueKeysWithValues: CommandTable.shared.rows.map { ($0.name, description($0)) })
        for recorded in recordedRows {
            #expect(rows[String(recorded.prefix { $0 != " " })] == recorded)
        }
        #expect(recordedRows.count > 90)
    }

    @Test("Keys that are counted by an argument are found by it, and no others move")
    func countedKeys() {
        // Where SORT names a destination, and MIGRATE many keys, no number tells.
        for row in CommandTable.shared.rows where !row.name.hasPrefix("sort") && row.name != "migrate" {
            #expect((row.keys.countAt > 0) == row.flags.contains(.movablekeys), "\(row.name)")
        }
    }

    @Test("A wrong number of arguments is told with the name in small letters")
    func arity() {
        for request in RecordedErrors.arity {
            let name = request.prefix { $0 != " " }
            let expected = "ERR wrong number of arguments for '\(name)' command"
            #expect(faultText(request) == expected)
            #expect(faultText(name.uppercased() + request.dropFirst(name.count)) == expected)
        }
    }

    @Test("Wrong arguments are refused in the words of Redis, the same one first")
    func others() {
        for (error, requests) in RecordedErrors.others + RecordedErrors.newer + RecordedErrors.general {
            for request in requests { #expect(faultText(request) == error, "\(request)") }
        }
    }

    @Test("Every command of these families is refused without arguments")
    func noArguments() {
        for row in CommandTable.shared.rows where abs(row.arity) > 1 {
            #expect(faultText(row.name) == "ERR wrong number of arguments for '\(row.name)' command")
        }
    }
}
