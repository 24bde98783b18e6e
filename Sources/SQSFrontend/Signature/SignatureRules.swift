/// What must hold of a claim before it is worth computing anything: time, scope, and that everything is signed that
/// decides what the request means.
package enum SignatureRules {
    /// How far the clocks may be apart, in seconds: that of AWS.
    static let clockSkewMax: Int64 = 900

    /// - Parameter now: seconds since 1970.
    package static func check(
        _ claim: SignatureClaim, _ request: inout SignedRequest, now: Int64
    ) throws(SQSFault) {
        try checkScope(claim, request)
        try checkTime(claim, request, now: now)
        try checkSignedHeaders(claim, &request)
        try checkStatedBody(request)
    }

    /// Any region is accepted, as it goes into the key: clients of a server of one's own may have any configured.
    private static func checkScope(_ claim: SignatureClaim, _ request: SignedRequest) throws(SQSFault) {
        let credential = claim.credential
        guard request.matches(credential.service, "sqs") else {
            throw .signatureDoesNotMatch("Credential should be scoped to correct service: 'sqs'.")
        }
        guard request.matches(credential.terminator, "aws4_request") else {
            throw .signatureDoesNotMatch("Credential should be scoped with a valid terminator: 'aws4_request'.")
        }
        guard request.areEqual(credential.date, claim.date.prefix(8)) else {
            throw .signatureDoesNotMatch(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
        }
    }

    private static func checkTime(_ claim: SignatureClaim, _ request: SignedRequest, now: Int64) throws(SQSFault) {
        let signed = claim.signedAt
        guard signed &- clockSkewMax <= now else {
            throw .signatureDoesNotMatch(
                "Signature not yet current: \(request.string(claim.date)) is still later than "
                    + "\(SignatureTime.text(now &+ clockSkewMax)) (\(SignatureTime.text(now)) + 15 min.)")
        }
        if let lifetime = claim.lifetime {
            guard now <= signed &+ lifetime else { throw SQSFault(.requestExpired, "Request has expired.") }
        } else if signed &+ clockSkewMax < now {
            throw .signatureDoesNotMatch(
                "Signature expired: \(request.string(claim.date)) is now earlier than "
                    + "\(SignatureTime.text(now &- clockSkewMax)) (\(SignatureTime.text(now)) - 15 min.)")
        }
    }

    // MARK: Headers

    private static func checkSignedHeaders(_ claim: SignatureClaim, _ request: inout SignedRequest) throws(SQSFault) {
        var unsigned = count(request) { mustBeSigned($0, request) }
        let end = claim.signedHeaders.upperBound
        var start = claim.signedHeaders.lowerBound
        var last: Range<Int>?
        while true {
            let name = start..<request.place(of: UInt8(ascii: ";"), in: start..<end)
            // Another order or a name twice would be another way to write the same list.
            guard !name.isEmpty, last.map({ request.precedes($0, name) }) ?? true else {
                throw .signatureDoesNotMatch("SignedHeaders must be names in lower case, sorted, each once.")
            }
            last = name
            guard let signed = request.sign(name) else {
                throw .signatureDoesNotMatch("A header of SignedHeaders is not in the request.")
            }
            // Each name comes once, so no field is taken off twice.
            if mustBeSigned(name, request) { unsigned &-= signed.count }
            guard name.upperBound < end else { break }
            start = name.upperBound &+ 1
        }
        guard unsigned == 0 else { throw faultOfUnsigned(claim, request) }
        guard count(request, { request.matches($0, "host") }) > 0 else {
            throw .signatureDoesNotMatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
    }

    @inline(__always)
    private static func count(_ request: SignedRequest, _ isMeant: (Range<Int>) -> Bool) -> Int {
        var count = 0
        request.forEachField { _, field in if isMeant(field.name) { count &+= 1 } }
        return count
    }

    /// The names that decide where a request goes and what it asks for. X-Amz-User-Agent tells who sent it; the SDK for
    /// PHP leaves it out, as all leave out User-Agent.
    private static func mustBeSigned(_ name: Range<Int>, _ request: SignedRequest) -> Bool {
        let first = request.withBytes(name) { $0.first }
        guard first == UInt8(ascii: "h") || first == UInt8(ascii: "x") else { return false }
        return request.matches(name, "host")
            || request.startsWith(name, "x-amz-") && !request.matches(name, "x-amz-user-agent")
    }

    private static func faultOfUnsigned(_ claim: SignatureClaim, _ request: SignedRequest) -> SQSFault {
        let unsigned = request.fields.first {
            mustBeSigned($0.name, request) && !isSigned($0.name, claim, request)
        }
        guard let unsigned, !request.matches(unsigned.name, "host") else {
            return .signatureDoesNotMatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        return .signatureDoesNotMatch(
            "There were headers present in the request which were not signed: " + request.string(unsigned.name))
    }

    private static func isSigned(_ name: Range<Int>, _ claim: SignatureClaim, _ request: SignedRequest) -> Bool {
        // All names were found, so all are here.
        request.signedFields.contains { request.areEqual($0.name, name) }
    }

    // MARK: Body

    /// The body counts as it came, always. A client that states its sum has to state that of the whole body.
    private static func checkStatedBody(_ request: SignedRequest) throws(SQSFault) {
        guard let stated = try request.field("x-amz-content-sha256") else { return }
        guard request.withBytes(stated, { SignatureBytes(hex: $0) }) != nil else {
            throw .signatureDoesNotMatch(
                "X-Amz-Content-SHA256 must be the SHA-256 sum of the body; SQS takes no unsigned or streamed payloads.")
        }
    }
}

extension SQSFault {
    static let missingAuthenticationToken = Self(
        .missingAuthenticationToken, "Request is missing Authentication Token")
    static let invalidClientTokenID = Self(
        .invalidClientTokenID, "The security token included in the request is invalid.")

    static func incompleteSignature(_ message: String) -> Self { Self(.incompleteSignature, message) }
    static func signatureDoesNotMatch(_ message: String) -> Self { Self(.signatureDoesNotMatch, message) }

    static let wrongSignature = signatureDoesNotMatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            + "Key and signing method. Consult the service documentation for details.")
}
