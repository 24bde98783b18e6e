import Foundation
import SQSFrontend

/// A request, and what a verifier has to say of it. `Fixtures/signatures.py` makes them.
struct SignatureCase: Decodable {
    var name: String
    var method: String
    var target: String
    var headers: [[String]]
    var body: String
    /// Seconds since 1970.
    var now: Int64
    /// `ok`, or the code of the error.
    var expect: String

    /// The second one has signed what is right.
    static let keys = AccessKeys([
        AccessKey(id: "AKIDOTHER", secret: "another secret, 40 characters in length"),
        AccessKey(id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ])

    static func all() throws -> [SignatureCase] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/signatures.json")
        return try JSONDecoder().decode([SignatureCase].self, from: Data(contentsOf: file))
    }

    static func named(_ name: String) throws -> SignatureCase? { try all().first { $0.name == name } }

    /// As it goes over the wire.
    var text: String {
        let lines = headers.map { "\($0[0]): \($0[1])\r\n" }.joined()
        return "\(method) \(target) HTTP/1.1\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
