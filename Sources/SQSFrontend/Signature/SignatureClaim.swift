/// What a request says about its signature. Nothing of it has been proved.
package struct SignatureClaim {
    /// `id/date/region/service/aws4_request`, as ranges of the bytes of the request.
    package struct Credential: Sendable {
        package var keyID: Range<Int>
        var date: Range<Int>
        var region: Range<Int>
        var service: Range<Int>
        var terminator: Range<Int>

        /// All but the id.
        var scope: Range<Int> { date.lowerBound..<terminator.upperBound }
    }

    package var credential: Credential
    /// When it was signed: `20260102T030405Z`.
    var date: Range<Int>
    /// The same, since 1970.
    var signedAt: Int64
    /// Names with semicolons between them.
    var signedHeaders: Range<Int>
    var signature: SignatureBytes
    /// Seconds from `signedAt` on; nil when the signature stands in a header.
    var lifetime: Int64?

    static let algorithm: StaticString = "AWS4-HMAC-SHA256"
    /// A week, as with AWS.
    static let lifetimeMax: Int64 = 604_800

    /// Reads the claim from the header Authorization or from the URL; both together are refused.
    package init(_ request: inout SignedRequest, _ known: inout KnownAuthorization) throws(SQSFault) {
        let header = try request.field("authorization")
        let isPresigned = request.parameters.contains { request.isOfSignature($0.name) }
        guard let header else {
            guard isPresigned else { throw .missingAuthenticationToken }
            try self.init(url: &request)
            return
        }
        guard !isPresigned else {
            throw .incompleteSignature(
                "The request is signed twice: in the header Authorization and in the parameters of its URL.")
        }
        try self.init(header: header, request, &known)
    }

    // MARK: Header

    private init(
        header: Range<Int>, _ request: borrowing SignedRequest, _ known: inout KnownAuthorization
    ) throws(SQSFault) {
        if let (credential, headers, signature) = known.read(header, request) {
            let date = try Self.date(request)
            self.init(
                credential: credential, date: date, signedAt: try Self.seconds(date, request),
                signedHeaders: headers, signature: signature, lifetime: nil)
            return
        }
        var space = header.lowerBound
        while space < header.upperBound, !SignedRequest.isSpace(request.bytes[space]) { space &+= 1 }
        try Self.check(algorithm: header.lowerBound..<space, request)
        var parts = AuthorizationParts()
        try parts.read(request.trimmed(space..<header.upperBound), request)
        guard let credential = parts.credential, let headers = parts.signedHeaders, let signature = parts.signature
        else { throw parts.faultOfMissing }
        try self.init(credential, date: try Self.date(request), headers, signature, lifetime: nil, request)
        known.keep(header, self, signature, request)
    }

    private static func date(_ request: borrowing SignedRequest) throws(SQSFault) -> Range<Int> {
        guard let date = try request.field("x-amz-date") else {
            throw .incompleteSignature("Authorization header requires existence of a 'X-Amz-Date' header.")
        }
        return date
    }

    // MARK: URL

    private init(url request: inout SignedRequest) throws(SQSFault) {
        let algorithm = try Self.required("X-Amz-Algorithm", &request)
        let credential = try Self.required("X-Amz-Credential", &request)
        let date = try Self.required("X-Amz-Date", &request)
        let expires = try Self.required("X-Amz-Expires", &request)
        let headers = try Self.required("X-Amz-SignedHeaders", &request)
        let signature = try Self.required("X-Amz-Signature", &request)
        _ = try request.parameter("X-Amz-Security-Token")
        try Self.check(algorithm: algorithm, request)
        guard let lifetime = request.number(expires), (1...Self.lifetimeMax).contains(lifetime) else {
            throw .incompleteSignature("X-Amz-Expires must be a number of seconds from 1 to \(Self.lifetimeMax).")
        }
        try self.init(credential, date: date, headers, signature, lifetime: lifetime, request)
    }

    private static func required(
        _ name: StaticString, _ request: inout SignedRequest
    ) throws(SQSFault) -> Range<Int> {
        guard let value = try request.parameter(name), !value.isEmpty else {
            throw .incompleteSignature("AWS query-string parameters must include '\(name)'.")
        }
        return value
    }

    // MARK: Both

    private init(
        _ credential: Range<Int>, date: Range<Int>, _ headers: Range<Int>, _ signature: Range<Int>, lifetime: Int64?,
        _ request: borrowing SignedRequest
    ) throws(SQSFault) {
        let credential = try Self.credential(credential, request)
        let signedAt = try Self.seconds(date, request)
        guard let signature = request.withBytes(signature, { SignatureBytes(hex: $0) }) else {
            throw .incompleteSignature("The signature is not 64 digits from 0 to 9 and a to f.")
        }
        self.init(
            credential: credential, date: date, signedAt: signedAt, signedHeaders: headers, signature: signature,
            lifetime: lifetime)
    }

    private init(
        credential: Credential, date: Range<Int>, signedAt: Int64, signedHeaders: Range<Int>,
        signature: SignatureBytes, lifetime: Int64?
    ) {
        self.credential = credential
        self.date = date
        self.signedAt = signedAt
        self.signedHeaders = signedHeaders
        self.signature = signature
        self.lifetime = lifetime
    }

    private static func seconds(_ date: Range<Int>, _ request: borrowing SignedRequest) throws(SQSFault) -> Int64 {
        guard let seconds = request.withBytes(date, { SignatureTime.seconds($0) }) else {
            throw .incompleteSignature("Date must be in ISO-8601 'basic format', for example 20260102T030405Z.")
        }
        return seconds
    }

    private static func check(algorithm: Range<Int>, _ request: SignedRequest) throws(SQSFault) {
        guard request.matches(algorithm, Self.algorithm) else {
            throw .incompleteSignature(
                "Unsupported AWS 'algorithm': '\(request.string(algorithm.prefix(30)))'; expected \(Self.algorithm).")
        }
    }

    private static let malformedCredential = SQSFault.incompleteSignature(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")

    private static func credential(_ range: Range<Int>, _ request: SignedRequest) throws(SQSFault) -> Credential {
        var start = range.lowerBound
        func element() throws(SQSFault) -> Range<Int> {
            let end = request.place(of: UInt8(ascii: "/"), in: start..<range.upperBound)
            guard (1...128).contains(end &- start) else { throw malformedCredential }
            defer { start = min(end &+ 1, range.upperBound) }
            return start..<end
        }
        let credential = Credential(
            keyID: try element(), date: try element(), region: try element(), service: try element(),
            terminator: try element())
        guard credential.terminator.upperBound == range.upperBound else { throw malformedCredential }
        return credential
    }
}

/// `Credential=..., SignedHeaders=..., Signature=...`, in any order.
private struct AuthorizationParts {
    var credential: Range<Int>?
    var signedHeaders: Range<Int>?
    var signature: Range<Int>?

    mutating func read(_ text: Range<Int>, _ request: SignedRequest) throws(SQSFault) {
        var start = text.lowerBound
        while start < text.upperBound {
            let end = request.place(of: UInt8(ascii: ","), in: start..<text.upperBound)
            try take(request.trimmed(start..<end), request)
            start = end &+ 1
        }
    }

    private mutating func take(_ part: Range<Int>, _ request: SignedRequest) throws(SQSFault) {
        let mark = request.place(of: UInt8(ascii: "="), in: part)
        let name = part.lowerBound..<mark
        let value = min(mark &+ 1, part.upperBound)..<part.upperBound
        guard !value.isEmpty else { throw Self.malformed }
        if request.matches(name, "Credential") {
            try Self.set(&credential, value)
        } else if request.matches(name, "SignedHeaders") {
            try Self.set(&signedHeaders, value)
        } else if request.matches(name, "Signature") {
            try Self.set(&signature, value)
        } else {
            throw Self.malformed
        }
    }

    private static func set(_ part: inout Range<Int>?, _ value: Range<Int>) throws(SQSFault) {
        guard part == nil else { throw malformed }
        part = value
    }

    private static let malformed = SQSFault.incompleteSignature(
        "The header Authorization must consist of 'Credential', 'SignedHeaders' and 'Signature', each once, with a "
            + "value."
    )

    var faultOfMissing: SQSFault {
        let parts = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signedHeaders)]
        let texts = parts.filter { $1 == nil }.map { name, _ in "Authorization header requires '\(name)' parameter." }
        return .incompleteSignature(texts.joined(separator: " "))
    }
}

extension SignedRequest {
    /// Whether the parameter belongs to a presigned URL, however its name is written.
    fileprivate func isOfSignature(_ name: Range<Int>) -> Bool {
        let names: [StaticString] = [
            "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders",
            "x-amz-signature", "x-amz-security-token",
        ]
        return names.contains { word in
            word.utf8CodeUnitCount == name.count
                && word.withUTF8Buffer { word in
                    zip(bytes[name], word).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
                }
        }
    }

    /// Digits alone, at most nine.
    fileprivate func number(_ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.count <= 9 else { return nil }
        var number: Int64 = 0
        for byte in bytes[range] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
        }
        return number
    }
}
