package import HTTPGuard
package import NIOHTTP1

/// A request head that was refused: the framing or the origin of the request cannot be trusted, so the connection ends
/// with the answer.
package struct HeadRefusal: Error, Equatable {
    package let status: HTTPStatus
    package let message: String
    /// The answer has the form of the Query protocol.
    package var isQuery = false

    init(_ status: HTTPStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    var code: SQSErrorCode {
        switch status {
        case .forbidden: .accessDenied
        case .contentTooLarge: .requestEntityTooLarge
        case .requestTimeout: .requestTimeout
        case .serviceUnavailable: .serviceUnavailable
        default: .malformedHTTPRequest
        }
    }
}

/// What a request head comes to, after all of it was checked.
package struct RequestHead {
    package enum Route {
        case action(Int)
        case health
        /// The body is read, then this is the answer.
        case fault(SQSFault)
        /// A request of the older Query protocol. Its replies are XML.
        case query(QueryRequest)
        /// GET on a queue URL without an action.
        case notFound
    }

    package var route: Route
    package var host: String
    package var keepsAlive: Bool
    package var isHEAD: Bool
    package var expectsContinue: Bool
    package var bodyBytes: Int?
    /// The header X-Amzn-Trace-Id, as far as a message can carry it.
    package var trace: String?

    /// The index in `ActionTable.rows`; of a Query request once that was read.
    var action: Int? {
        switch route {
        case .action(let index): index
        case .query(let query): query.action
        case .health, .fault, .notFound: nil
        }
    }

    /// Of a Query request.
    var query: QueryRequest? {
        if case .query(let query) = route { query } else { nil }
    }
}

/// Checks request heads. One for each connection: it remembers the Host that it let through last.
package struct HeadCheck {
    private let limits: SQSLimits
    private let crossSite: CrossSiteRules
    private var knownHost: String?

    package init(limits: SQSLimits, crossSite: CrossSiteRules) {
        self.limits = limits
        self.crossSite = crossSite
    }

    /// The header fields that mean something here.
    private struct Fields {
        var host: String?
        var origin: String?
        var secFetchSite: String?
        var target: String?
        var contentType: String?
        var contentLength: String?
        var transferEncoding: String?
        var contentEncoding: String?
        var expect: String?
        var trace: String?
        var isUpgrade = false
    }

    package mutating func check(_ head: HTTPRequestHead) throws(HeadRefusal) -> RequestHead {
        do {
            return try checked(head)
        } catch {
            var refusal = error
            refusal.isQuery = Self.isQuery(head)
            throw refusal
        }
    }

    private mutating func checked(_ head: HTTPRequestHead) throws(HeadRefusal) -> RequestHead {
        guard head.uri.utf8.count <= limits.uriBytesMax else {
            throw HeadRefusal(.uriTooLong, "The URI has more than \(limits.uriBytesMax) bytes.")
        }
        let fields = try collect(head.headers)
        try checkFraming(head, fields)
        let host = try checkOrigin(fields)
        let path = try path(of: head.uri, host: host)
        return RequestHead(
            route: try route(head, path, fields),
            host: host,
            // After an upgrade that is not granted the decoder does not read on.
            keepsAlive: head.isKeepAlive && head.version == .http1_1 && !fields.isUpgrade,
            isHEAD: head.method == .HEAD,
            expectsContinue: try expectsContinue(head, fields),
            bodyBytes: try bodyBytes(fields),
            trace: fields.trace.flatMap { RawMessageAttributes.isTrace($0) ? $0 : nil }
        )
    }

    // MARK: Fields

    /// One pass over all fields. Those that decide about framing, origin or meaning may stand once only.
    private func collect(_ headers: HTTPHeaders) throws(HeadRefusal) -> Fields {
        var fields = Fields()
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where Self.matches(name, "host"): try Self.set(&fields.host, value, name)
            case 6 where Self.matches(name, "origin"): try Self.set(&fields.origin, value, name)
            case 6 where Self.matches(name, "expect"): try Self.set(&fields.expect, value, name)
            case 7 where Self.matches(name, "upgrade"): fields.isUpgrade = true
            case 12 where Self.matches(name, "x-amz-target"): try Self.set(&fields.target, value, name)
            case 12 where Self.matches(name, "content-type"): try Self.set(&fields.contentType, value, name)
            case 14 where Self.matches(name, "content-length"): try Self.set(&fields.contentLength, value, name)
            case 14 where Self.matches(name, "sec-fetch-site"): try Self.set(&fields.secFetchSite, value, name)
            case 15 where Self.matches(name, "x-amzn-trace-id"): fields.trace = value
            case 16 where Self.matches(name, "content-encoding"): try Self.set(&fields.contentEncoding, value, name)
            case 17 where Self.matches(name, "transfer-encoding"): try Self.set(&fields.transferEncoding, value, name)
            default: break
            }
        }
        return fields
    }

    private static func set(_ field: inout String?, _ value: String, _ name: String) throws(HeadRefusal) {
        guard field == nil else { throw HeadRefusal(.badRequest, "The header \(name) stands twice.") }
        field = value
    }

    /// `word` is in lower case and as long as `name`.
    private static func matches(_ name: String, _ word: StaticString) -> Bool { matches(name.utf8, word) }

    private static func matches(_ name: some Sequence<UInt8>, _ word: StaticString) -> Bool {
        var index = 0
        for byte in name {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if (isUpper ? byte | 0x20 : byte) != word.utf8Start[index] { return false }
            index &+= 1
        }
        return true
    }

    // MARK: Framing

    private func checkFraming(_ head: HTTPRequestHead, _ fields: Fields) throws(HeadRefusal) {
        if let coding = fields.transferEncoding {
            guard fields.contentLength == nil else {
                throw HeadRefusal(.badRequest, "Content-Length and Transfer-Encoding exclude each other.")
            }
            guard coding.lowercased() == "chunked", head.version == .http1_1 else {
                throw HeadRefusal(.badRequest, "The only Transfer-Encoding accepted is chunked, with HTTP/1.1.")
            }
        }
        if let coding = fields.contentEncoding, coding.lowercased() != "identity" {
            throw HeadRefusal(.unsupportedMediaType, "A request body must not be compressed (Content-Encoding).")
        }
        if fields.host == nil, head.version == .http1_1 {
            throw HeadRefusal(.badRequest, "The header Host is missing.")
        }
    }

    private func bodyBytes(_ fields: Fields) throws(HeadRefusal) -> Int? {
        guard let text = fields.contentLength else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            throw HeadRefusal(.badRequest, "Content-Length is not a number.")
        }
        guard let bytes = Int(text), bytes <= limits.bodyBytesMax else {
            throw HeadRefusal(
                .contentTooLarge,
                "The body has \(text.prefix(20)) bytes; at most \(limits.bodyBytesMax) are accepted, and 1048576 of "
                    + "them as message."
            )
        }
        return bytes
    }

    private func expectsContinue(_ head: HTTPRequestHead, _ fields: Fields) throws(HeadRefusal) -> Bool {
        guard let expect = fields.expect else { return false }
        guard expect.lowercased() == "100-continue" else {
            throw HeadRefusal(.expectationFailed, "The only expectation that is met is 100-continue.")
        }
        // RFC 9110: an expectation of an HTTP/1.0 client is ignored.
        return head.version == .http1_1
    }

    // MARK: Origin

    private mutating func checkOrigin(_ fields: Fields) throws(HeadRefusal) -> String {
        if let host = fields.host, host == knownHost, fields.origin == nil, fields.secFetchSite == nil { return host }
        let refusal = crossSite.refusal(
            host: fields.host, origin: fields.origin, secFetchSite: fields.secFetchSite)
        if let refusal { throw HeadRefusal(.forbidden, Self.text(for: refusal)) }
        guard let host = fields.host, Self.isHost(host) else {
            throw HeadRefusal(.badRequest, "The header Host is no host name.")
        }
        knownHost = host
        return host
    }

    /// The value goes into queue URLs, so nothing may stand in it that means something in JSON or in a URL.
    private static func isHost(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 261
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }

    private static func text(for refusal: CrossSiteRules.Refusal) -> String {
        switch refusal {
        case .crossSite(let site):
            "Requests from web pages of other sites are refused (Sec-Fetch-Site: \(site.prefix(100)))."
        case .foreignOrigin(let origin):
            "Requests from web pages of other origins are refused (Origin: \(origin.prefix(100)))."
        case .unknownHost(let host):
            "This server is not known as \"\(host.prefix(100))\". On a loopback address the Host must be localhost, "
                + "a loopback address or a configured name."
        case .missingHost:
            "The header Host is missing."
        }
    }

    // MARK: Routes

    /// The path and query of the URI; an absolute URI has to name the Host of the request.
    private func path(of uri: String, host: String) throws(HeadRefusal) -> Substring {
        if uri.utf8.first == UInt8(ascii: "/") { return uri[...] }
        for scheme in ["http://", "https://"] where uri.lowercased().hasPrefix(scheme) {
            let rest = uri.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            guard authority.lowercased() == host.lowercased() else {
                throw HeadRefusal(.badRequest, "The URI names another host than the header Host.")
            }
            let path = rest.dropFirst(authority.count)
            return path.first == "/" ? path : "/" + path
        }
        throw HeadRefusal(.badRequest, "The URI must be a path.")
    }

    private func route(
        _ head: HTTPRequestHead, _ uri: Substring, _ fields: Fields
    ) throws(HeadRefusal) -> RequestHead.Route {
        switch head.method {
        case .POST:
            if let target = fields.target { return Self.route(target: target) }
            let isQuery = Self.isForm(fields.contentType) || Self.namesAction(uri)
            return isQuery ? .query(QueryRequest(uri: uri)) : Self.noTarget
        case .GET, .HEAD:
            if uri == "/health" { return .health }
            // HEAD must not change anything, and an action does.
            return head.method == .GET && Self.namesAction(uri) ? .query(QueryRequest(uri: uri)) : .notFound
        default:
            throw HeadRefusal(.methodNotAllowed, "The SQS API takes POST, not \(head.method.rawValue.prefix(20)).")
        }
    }

    private static func route(target: String) -> RequestHead.Route {
        do throws(SQSFault) {
            return .action(try ActionTable.index(ofTarget: target))
        } catch {
            return .fault(error)
        }
    }

    private static let noTarget = RequestHead.Route.fault(
        SQSFault(
            .unknownOperation,
            "The header X-Amz-Target is missing. Expected for example X-Amz-Target: AmazonSQS.SendMessage."
        ))

    private static func isForm(_ type: String?) -> Bool {
        let form: StaticString = "application/x-www-form-urlencoded"
        guard let type, type.utf8.count >= form.utf8CodeUnitCount else { return false }
        return matches(type.utf8.prefix(form.utf8CodeUnitCount), form)
    }

    /// For a head that is refused, whatever else is wrong with it.
    private static func isQuery(_ head: HTTPRequestHead) -> Bool {
        guard !head.headers.contains(name: "x-amz-target") else { return false }
        return isForm(head.headers.first(name: "content-type")) || namesAction(head.uri[...])
    }

    private static func namesAction(_ uri: Substring) -> Bool {
        guard let mark = uri.firstIndex(of: "?") else { return false }
        return uri[uri.index(after: mark)...].split(separator: "&").contains { $0.hasPrefix("Action=") }
    }
}
