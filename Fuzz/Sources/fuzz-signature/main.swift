import FuzzRunner
import Glibc
import SQSFrontend

private let header = """
    POST
    /000000000000/q1
    host: localhost:9324
    x-amz-date: 20260228T235000Z
    x-amz-target: AmazonSQS.SendMessage
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260228/us-east-1/sqs/aws4_request, \
    SignedHeaders=host;x-amz-date;x-amz-target, Signature=\(String(repeating: "5f", count: 32))
    """
private let url = """
    GET
    /a/../q1?Action=ListQueues&b=%2b+c&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260228%2Fx%2Fsqs\
    %2Faws4_request&X-Amz-Date=20260228T235000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=\(String(repeating: "5f", count: 32))
    host: localhost:9324
    """

// Everything of a signature but the codes: a method, a target and header fields, a line each.
exit(
    runFuzzer(seeds: { _ in [Array(header.utf8), Array(url.utf8)] }) { bytes, count in
        let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(66)
        guard lines.count >= 2 else { return 0 }
        let fields = lines.dropFirst(2).map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (name: String(line[..<colon]), value: String(line[colon...].dropFirst()))
        }
        var request = SignedRequest()
        var (canonical, known) = (CanonicalRequest(), KnownAuthorization())
        var results: [[UInt8]] = []
        for _ in 0..<2 {
            guard (try? request.load(method: String(lines[0]), target: String(lines[1]), fields: fields)) != nil,
                let claim = try? SignatureClaim(&request, &known),
                (try? SignatureRules.check(claim, &request, now: 1_772_322_600)) != nil
            else { continue }
            canonical.write(request, claim)
            results.append(canonical.bytes)
        }
        // Buffers that were used before give what new ones gave.
        precondition(results.isEmpty || results.count == 2 && results[0] == results[1])
        return 0
    })
