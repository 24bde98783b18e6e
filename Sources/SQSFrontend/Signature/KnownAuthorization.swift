/// Where the parts of the header Authorization stood that was read last. Clients send the same one all day, but for the
/// signature at its end, and to compare it costs less than to read it.
///
/// What is read is what a full reading gives, nothing more: it says nothing of whether a signature was right.
package struct KnownAuthorization {
    /// All up to the signature.
    private var text: [UInt8] = []
    /// Counted from the start of the header.
    private var credential = SignatureClaim.Credential(
        keyID: 0..<0, date: 0..<0, region: 0..<0, service: 0..<0, terminator: 0..<0)
    private var signedHeaders = 0..<0

    private static let digits = 64
    /// That of any client is a third of it. What strangers send must not stay in memory.
    private static let textMax = 1024

    package init() {}

    /// Nil when the header has to be read in full: because it is another one, or no right one.
    func read(
        _ header: Range<Int>, _ request: borrowing SignedRequest
    ) -> (SignatureClaim.Credential, signedHeaders: Range<Int>, SignatureBytes)? {
        guard !text.isEmpty, header.count == text.count &+ Self.digits else { return nil }
        let end = header.lowerBound &+ text.count
        let isKnown = request.withBytes(header.lowerBound..<end) { start in
            text.withUnsafeBytes { equals($0, start) }
        }
        // Whatever is no digit could end the value and begin another part.
        guard isKnown, let signature = request.withBytes(end..<header.upperBound, { SignatureBytes(hex: $0) })
        else { return nil }
        return (
            credential.moved(by: header.lowerBound), signedHeaders.moved(by: header.lowerBound), signature
        )
    }

    /// - Parameter claim: what the header came to.
    mutating func keep(
        _ header: Range<Int>, _ claim: SignatureClaim, _ signature: Range<Int>, _ request: borrowing SignedRequest
    ) {
        let start = header.lowerBound..<signature.lowerBound
        guard signature.upperBound == header.upperBound, signature.count == Self.digits, start.count <= Self.textMax
        else { return }
        text.removeAll(keepingCapacity: true)
        request.withBytes(start) { text.append(contentsOf: $0) }
        credential = claim.credential.moved(by: 0 &- header.lowerBound)
        signedHeaders = claim.signedHeaders.moved(by: 0 &- header.lowerBound)
    }
}

extension SignatureClaim.Credential {
    fileprivate func moved(by distance: Int) -> Self {
        Self(
            keyID: keyID.moved(by: distance), date: date.moved(by: distance), region: region.moved(by: distance),
            service: service.moved(by: distance), terminator: terminator.moved(by: distance))
    }
}

extension Range<Int> {
    fileprivate func moved(by distance: Int) -> Self { lowerBound &+ distance..<upperBound &+ distance }
}
