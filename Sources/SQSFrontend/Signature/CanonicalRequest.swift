/// The text that a signature is made of (AWS Signature Version 4, task 1), but for its last line, the sum of the body.
package struct CanonicalRequest {
    package private(set) var bytes: [UInt8] = []
    private var order: [Int] = []

    package init() {}

    /// Writes the text of another request. The signed headers have to be checked before.
    package mutating func write(_ request: SignedRequest, _ claim: SignatureClaim) {
        bytes.removeAll(keepingCapacity: true)
        append(request.method, request)
        bytes.append(newline)
        writePath(request)
        bytes.append(newline)
        writeParameters(request)
        bytes.append(newline)
        for index in request.signedFields.indices { writeField(request.signedFields[index], request) }
        bytes.append(newline)
        append(claim.signedHeaders, request)
        bytes.append(newline)
    }

    private mutating func append(_ range: Range<Int>, _ request: SignedRequest) {
        request.withBytes(range) { bytes.append(contentsOf: $0) }
    }

    /// Without `.`, `..` and empty parts, and with the percent-encoding of the request encoded once more.
    private mutating func writePath(_ request: SignedRequest) {
        let path = request.path
        guard path.count > 1 else { return bytes.append(slash) }
        let start = bytes.count
        var part = path.lowerBound
        while part < path.upperBound {
            let end = request.place(of: slash, in: part..<path.upperBound)
            writePart(request.bytes[part..<end], from: start)
            part = end &+ 1
        }
        if bytes.count == start || request.bytes[path.upperBound &- 1] == slash { bytes.append(slash) }
    }

    private mutating func writePart(_ part: ArraySlice<UInt8>, from start: Int) {
        if part.isEmpty || part.elementsEqual([dot]) { return }
        if part.elementsEqual([dot, dot]) {
            let last = bytes[start...].lastIndex(of: slash) ?? start
            return bytes.removeSubrange(last...)
        }
        bytes.append(slash)
        for byte in part { PercentEncoding.append(byte, to: &bytes) }
    }

    /// In the order of names, then of values; the signature itself is left out.
    private mutating func writeParameters(_ request: SignedRequest) {
        guard !request.parameters.isEmpty else { return }
        let parameters = request.parameters
        order.removeAll(keepingCapacity: true)
        order += parameters.indices.filter { !request.matches(parameters[$0].name, "X-Amz-Signature") }
        order.sort {
            let (left, right) = (parameters[$0], parameters[$1])
            return request.areEqual(left.name, right.name)
                ? request.precedes(left.value, right.value) : request.precedes(left.name, right.name)
        }
        for (place, index) in order.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: "&")) }
            append(parameters[index].name, request)
            bytes.append(UInt8(ascii: "="))
            append(parameters[index].value, request)
        }
    }

    /// A name that stands several times has one line, with commas between the values.
    private mutating func writeField(_ signed: SignedRequest.SignedField, _ request: SignedRequest) {
        append(signed.name, request)
        bytes.append(UInt8(ascii: ":"))
        writeValue(request.fields[signed.first].value, request)
        if signed.count > 1 {
            for field in request.fields[(signed.first &+ 1)...] where request.areEqual(field.name, signed.name) {
                bytes.append(UInt8(ascii: ","))
                writeValue(field.value, request)
            }
        }
        bytes.append(newline)
    }

    /// Space inside comes to one blank.
    private mutating func writeValue(_ value: Range<Int>, _ request: SignedRequest) {
        guard request.hasSpace(in: value) else { return append(value, request) }
        var wasSpace = false
        for byte in request.bytes[value] {
            let isSpace = SignedRequest.isSpace(byte)
            if !isSpace { bytes.append(byte) } else if !wasSpace { bytes.append(0x20) }
            wasSpace = isSpace
        }
    }
}

private let newline = UInt8(ascii: "\n")
private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
