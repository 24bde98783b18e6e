import RoostModel

/// Turns the parameters of a Query request into the JSON of the same action, so that the rules of an action stand once,
/// in its reader.
///
/// Every byte comes from outside. The cost is linear in the bytes: parameters are counted, names and numbers in them
/// are bounded. The bytes must outlive the translation.
package struct QueryTranslation {
    package static let parametersMax = 2000
    private static let nameBytesMax = 512
    private static let version: StaticString = "2012-11-05"

    struct Parameter {
        let name: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        var key = QueryKey()
    }

    private(set) var parameters: [Parameter] = []
    private var actionName: UnsafeRawBufferPointer?
    private var hasVersion = false

    // MARK: Splitting

    /// Splits what stands behind the `?` of the URI and the body. Their parameters count alike.
    package init(uri: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) throws(SQSFault) {
        parameters.reserveCapacity(8)
        try split(uri)
        try split(body)
    }

    /// What the parameter Action names; nil when it is missing or empty.
    package func action() throws(SQSFault) -> String? {
        guard let actionName, !actionName.isEmpty else { return nil }
        return try Self.string(actionName)
    }

    private mutating func split(_ bytes: UnsafeRawBufferPointer) throws(SQSFault) {
        var start = 0
        while start < bytes.count {
            let end = QueryText.firstIndex(of: UInt8(ascii: "&"), in: bytes, from: start) ?? bytes.count
            if end > start { try add(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) }
            start = end &+ 1
        }
    }

    private mutating func add(_ parameter: UnsafeRawBufferPointer) throws(SQSFault) {
        let nameEnd = QueryText.firstIndex(of: UInt8(ascii: "="), in: parameter, from: 0) ?? parameter.count
        let value = min(nameEnd &+ 1, parameter.count)
        try add(
            UnsafeRawBufferPointer(rebasing: parameter[..<nameEnd]),
            UnsafeRawBufferPointer(rebasing: parameter[value...]))
    }

    private mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(SQSFault) {
        guard name.count <= Self.nameBytesMax else { throw .invalidQuery(name, "Its name is too long.") }
        if equals(name, "Action") {
            guard actionName == nil else { throw .conflict(name) }
            actionName = value
        } else if equals(name, "Version") {
            guard !hasVersion else { throw .conflict(name) }
            hasVersion = true
            guard equals(value, Self.version) else { throw .noSuchVersion(try Self.string(value)) }
        } else if !Self.isForAuthentication(name) {
            guard parameters.count < Self.parametersMax else {
                throw SQSFault(.invalidQueryParameter, "The request has more than \(Self.parametersMax) parameters.")
            }
            parameters.append(Parameter(name: name, value: value))
        }
    }

    /// Parameters of signatures in the URL, of today and of old.
    private static let authentication: [StaticString] = [
        "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SecurityToken", "Timestamp", "Expires",
    ]

    private static func isForAuthentication(_ name: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "X-Amz-"
        let count = prefix.utf8CodeUnitCount
        if name.count > count, equals(UnsafeRawBufferPointer(rebasing: name[..<count]), prefix) { return true }
        return authentication.contains { equals(name, $0) }
    }

    // MARK: Translating

    /// The JSON of the action that `form` belongs to.
    ///
    /// - Parameter path: of the URL, when it names a queue; else empty.
    package mutating func json(_ form: QueryForm, path: String = "") throws(SQSFault) -> [UInt8] {
        for index in parameters.indices { parameters[index].key = try key(of: parameters[index], form) }
        if parameters.count > 1 { parameters.sort { $0.key < $1.key } }
        var json: [UInt8] = []
        json.reserveCapacity(parameters.reduce(64 &+ path.utf8.count) { $0 &+ $1.value.count &+ 32 })
        json.append(UInt8(ascii: "{"))
        if form.endpoint == .queue, !path.isEmpty, !namesQueue {
            QueryText.append("\"QueueUrl\":", to: &json)
            var path = path
            let isText = path.withUTF8 { QueryText.appendJSON(UnsafeRawBufferPointer($0), to: &json) }
            guard isText else { throw .malformedQuery }
        }
        try writeMembers(form.parameters, parameters.indices, QueryKey.Cursor(), to: &json)
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// QueueUrl comes first where there is one.
    private var namesQueue: Bool {
        guard let first = parameters.first else { return false }
        var cursor = QueryKey.Cursor()
        return cursor.next(.member, of: first.key) == 1
    }

    static func string(_ value: UnsafeRawBufferPointer) throws(SQSFault) -> String {
        guard let bytes = QueryText.decoded(value), let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedQuery
        }
        return text
    }
}

extension SQSFault {
    static let malformedQuery = SQSFault(
        .malformedQueryString,
        "The query string contains a syntax error: a % without two digits, or bytes that are not UTF-8.")

    static func invalidQuery(_ name: UnsafeRawBufferPointer, _ reason: String = "") -> Self {
        let text = "The query parameter \(shown(name)) is invalid. Please see service documentation for correct syntax."
        return Self(.invalidQueryParameter, reason.isEmpty ? text : "\(text) \(reason)")
    }

    static func conflict(_ name: UnsafeRawBufferPointer) -> Self {
        Self(
            .conflictingQueryParameter,
            "The query parameter \(shown(name)) is invalid. Its structure conflicts with that of another parameter.")
    }

    static func noSuchVersion(_ version: String) -> Self {
        Self(
            .noSuchVersion,
            "The requested version (\(version.prefix(100))) of service AmazonSQS does not exist. It is 2012-11-05.")
    }

    /// A name as it stands in texts.
    static func shown(_ name: UnsafeRawBufferPointer) -> String {
        let name = UnsafeRawBufferPointer(rebasing: name.prefix(300))
        let bytes = QueryText.decoded(name) ?? [UInt8](name)
        return String(String(decoding: bytes, as: UTF8.self).prefix(100))
    }
}
