import Crypto

/// Verifies signatures of AWS Signature Version 4, in the header Authorization or in the URL. One for each event loop:
/// it keeps its buffers and the signing keys.
///
/// What it says depends on the request, the keys and the time alone.
package struct SignatureVerifier {
    private let keys: AccessKeys
    private var request = SignedRequest()
    private var canonical = CanonicalRequest()
    private var signingKeys = SigningKeys()
    private var knownAuthorization = KnownAuthorization()

    package init(_ keys: AccessKeys) { self.keys = keys }

    /// The whole verification.
    ///
    /// - Parameter now: seconds since 1970.
    package mutating func verify(
        method: String, target: String, fields: some Sequence<(name: String, value: String)>,
        body: UnsafeRawBufferPointer, now: Int64
    ) throws(SQSFault) -> AccessKey {
        var pending = try begin(method: method, target: target, fields: fields, now: now)
        return try pending.finish(body, keys)
    }

    /// The first half, for a request whose body has yet to come: everything that the head can be refused for, and the
    /// signature as far as the head goes.
    package mutating func begin(
        method: String, target: String, fields: some Sequence<(name: String, value: String)>, now: Int64
    ) throws(SQSFault) -> PendingSignature {
        try request.load(method: method, target: target, fields: fields)
        let claim = try SignatureClaim(&request, &knownAuthorization)
        try SignatureRules.check(claim, &request, now: now)
        canonical.write(request, claim)
        let key = request.withBytes(claim.credential.keyID) { keys.index(of: $0) }
        return PendingSignature(
            canonical: sum(), code: code(claim, key), claimed: claim.signature, statedBody: try statedBody(), key: key)
    }

    private func sum() -> SHA256 {
        var sum = SHA256()
        canonical.bytes.withUnsafeBytes { sum.update(bufferPointer: $0) }
        return sum
    }

    /// An unknown key gets a secret that nobody has, so that it takes the same time as a known one.
    private mutating func code(_ claim: SignatureClaim, _ key: Int?) -> KeyedSum {
        let secret = key.map { keys.all[$0].secret } ?? keys.secretOfNobody
        return request.withBytes(claim.date) { date in
            request.withBytes(claim.credential.scope) { scope in
                signingKeys.code(key: key ?? -1, secret: secret, date: date, scope: scope)
            }
        }
    }

    private func statedBody() throws(SQSFault) -> SignatureBytes? {
        try request.field("x-amz-content-sha256").flatMap { request.withBytes($0) { SignatureBytes(hex: $0) } }
    }
}

/// A signature that is verified but for the body.
package struct PendingSignature {
    fileprivate var canonical: SHA256
    fileprivate var code: KeyedSum
    fileprivate let claimed: SignatureBytes
    fileprivate let statedBody: SignatureBytes?
    fileprivate let key: Int?

    /// The key that the request was signed with. To be called once.
    package mutating func finish(_ body: UnsafeRawBufferPointer, _ keys: AccessKeys) throws(SQSFault) -> AccessKey {
        var sum = SHA256()
        sum.update(bufferPointer: body)
        guard let body = SignatureBytes(sum.finalize()) else { throw .wrongSignature }
        body.withHex { canonical.update(bufferPointer: $0) }
        guard let request = SignatureBytes(canonical.finalize()) else { throw .wrongSignature }
        request.withHex { code.update($0) }
        guard let signature = SignatureBytes(code.finalize()) else { throw .wrongSignature }
        let isRight = signature.isEqual(to: claimed) && statedBody?.isEqual(to: body) ?? true
        guard let key, keys.all.indices.contains(key) else { throw .invalidClientTokenID }
        guard isRight else { throw .wrongSignature }
        return keys.all[key]
    }
}

extension SignatureBytes {
    fileprivate init?(_ digest: SHA256.Digest) {
        guard let bytes = digest.withUnsafeBytes({ SignatureBytes($0) }) else { return nil }
        self = bytes
    }
}
