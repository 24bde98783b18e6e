import FoundationEssentials
package import Hummingbird
import RoostModel
import RoostStorage

/// `/api/v1/keys`: the keys of the Redis port, whether that port is open or not.
package struct KeyRoutes: Sendable {
    /// Of one page.
    static let countMax = 1000
    static let databases = 0...15
    /// For one page.
    private static let scansMax = 10
    fileprivate static let keyParameters = ["offset", "limit", "encoding"]

    package let calls: StorageCalls

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let keys = router.group("api/v1/keys")
        keys.get { request, _ in try await list(request) }
        keys.get(":database/:key") { request, context in try await show(request, try KeyAddress(request, context)) }
        keys.delete(":database/:key") { request, context in try await delete(try KeyAddress(request, context)) }
    }

    // MARK: All keys

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, allowed: ["database", "cursor", "match", "type", "count"])
        let database = UInt8(try query.wholeNumber("database", in: Self.databases, default: 0))
        let cursor = try Self.cursor(query, "cursor")
        let count = try query.wholeNumber("count", in: 1...Self.countMax, default: 100)
        let pattern = query.text("match").map { GlobPattern(Bytes($0.utf8)) }
        let types: [KeyReply.StaticWord] = [.string, .list, .set, .zset, .hash, .queue]
        let type: KeyReply.StaticWord? = try query.choice("type", types.map { ($0.rawValue, $0) }, default: nil)
        let options = ScanOptions(cursor: cursor, countMin: count, pattern: pattern)
        let (names, next) = try await scan(options, type, database)
        let facts = try await self.facts(names, database)
        return .json([
            "keys": .array(facts.map { JSON($0) }), "cursor": next == 0 ? nil : .string(String(next)),
        ])
    }

    /// A page of a scan may hold little or nothing, at the border of queues and keys or where few match: a few of them
    /// make one of ours.
    private func scan(
        _ options: ScanOptions, _ type: KeyReply.StaticWord?, _ database: UInt8
    ) async throws -> (names: [Bytes], next: UInt64) {
        var (names, options): ([Bytes], ScanOptions) = ([], options)
        for _ in 0..<Self.scansMax {
            guard case .page(let next, let found) = try await ask(.key(.scan(options, type: type)), database) else {
                throw UnexpectedReply()
            }
            names += found
            options.cursor = next
            if next == 0 || names.count >= options.countMin { break }
        }
        return (names, options.cursor)
    }

    /// Of those that are still there.
    private func facts(_ names: [Bytes], _ database: UInt8) async throws -> [KeyFacts] {
        let questions: [KeyCommand] = names.flatMap { [.key(.type($0)), .key(.expiry($0, .millisecondsLeft))] }
        let answers = try await askAll(questions, database)
        var facts: [KeyFacts] = []
        for (place, name) in names.enumerated() {
            guard case .word(let type) = answers[2 * place], case .integer(let left) = answers[2 * place + 1],
                type != .none
            else { continue }
            facts.append(KeyFacts(name: name, type: type, millisecondsLeft: left < 0 ? nil : left))
        }
        let lengths = try await askAll(facts.map { $0.type.length(of: $0.name) }, database)
        for (place, length) in lengths.enumerated() {
            if case .integer(let length) = length { facts[place].length = length }
        }
        return facts
    }

    // MARK: One key

    private func show(_ request: Request, _ key: KeyAddress) async throws -> Response {
        let query = try Query(request, allowed: Self.keyParameters)
        let offset = try Self.cursor(query, "offset")
        let limit = try query.wholeNumber("limit", in: 1...Self.countMax, default: 100)
        guard let facts = try await facts([key.name], key.database).first else { throw Problem.keyDoesNotExist }
        if facts.type == .queue { throw Problem.isQueue(key.name) }
        guard let command = facts.type.page(of: key.name, from: offset, limit) else {
            throw Problem.invalidField("A key of this type is not shown here.")
        }
        let reply = try await ask(command, key.database)
        let page = KeyPage(reply, facts, from: offset, limit)
        guard case .object(let members) = JSON(facts) else { throw UnexpectedReply() }
        return .json(
            .object(
                members + [
                    .init(name: "elements", value: .array(page.elements)),
                    .init(name: "next_offset", value: page.next.map { .string(String($0)) } ?? nil),
                ]))
    }

    /// A queue is no key of this API, whatever Redis clients may do to it: it goes with what is in it.
    private func delete(_ key: KeyAddress) async throws -> Response {
        if case .word(.queue) = try await ask(.key(.type(key.name)), key.database) { throw Problem.isQueue(key.name) }
        guard case .integer(let count) = try await ask(.key(.delete([key.name])), key.database) else {
            throw UnexpectedReply()
        }
        return .json(["deleted": .bool(count > 0)])
    }

    // MARK: The storage

    private func ask(_ command: KeyCommand, _ database: UInt8) async throws -> KeyReply {
        try await askAll([command], database)[0]
    }

    /// One turn, each by itself.
    private func askAll(_ commands: [KeyCommand], _ database: UInt8) async throws -> [KeyReply] {
        let results = await calls.performAll(commands.map { .key($0, database: database) })
        return try results.map { result in
            switch try result.get() {
            case .key(.failure(.refused(let rejection))): throw rejection
            case .key(.failure(let error)): throw Problem.keyRefused(error)
            case .key(let reply): return reply
            // Of a command that queues are a part of.
            case .keys(let replies) where replies.count == 1: return replies[0]
            default: throw UnexpectedReply()
            }
        }
    }

    /// Cursors have up to 64 bits: in JSON they are texts.
    private static func cursor(_ query: Query, _ name: String) throws -> UInt64 {
        guard let text = query.text(name) else { return 0 }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cursor = UInt64(text) else {
            throw Problem.invalidField("\(name) must be 0, or what the page before said.")
        }
        return cursor
    }
}

/// Which key a path names.
struct KeyAddress {
    var database: UInt8
    var name: Bytes

    /// A key that is no text stands in the path as base64url, with `encoding=base64`.
    init(_ request: Request, _ context: some RequestContext) throws {
        guard let number = decimal(context.parameters.get("database") ?? ""), KeyRoutes.databases.contains(number)
        else {
            throw Problem.invalidField("The database is a whole number from 0 to 15.")
        }
        database = UInt8(number)
        let bytes = try PathText.bytes("key", in: context)
        let query = try Query(request, allowed: KeyRoutes.keyParameters)
        let isBase64 = try query.choice("encoding", [("text", false), ("base64", true)], default: false)
        name = isBase64 ? try Self.bytes(base64: String(decoding: bytes, as: UTF8.self)) : bytes
    }

    private static func bytes(base64 text: String) throws -> Bytes {
        var standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        while standard.utf8.count % 4 != 0 { standard += "=" }
        guard let data = Data(base64Encoded: standard) else {
            throw Problem.invalidField("The key is not base64url (RFC 4648 section 5).")
        }
        return Bytes(data)
    }
}

extension Problem {
    fileprivate static let keyDoesNotExist = Problem(
        .notFound, "key_does_not_exist", "The key does not exist", "There is no such key in this database.")

    fileprivate static func isQueue(_ name: Bytes) -> Problem {
        let path = "/api/v1/queues/\(String(decoding: name, as: UTF8.self))"
        return Problem(
            .conflict, "key_refused", "The key refused it", "It is a queue: look at it, and delete it, at \(path).")
    }

    fileprivate static func keyRefused(_ error: KeyError) -> Problem {
        Problem(.conflict, "key_refused", "The key refused it", "The key says: \(error).")
    }
}
