import Testing

// Requests of the Query protocol.
extension TestClient {
    static let form = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"

    static func post(_ body: String, path: String = "/", headers: String = form) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost:9324\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func get(_ uri: String, headers: String = "") -> String {
        "GET \(uri) HTTP/1.1\r\nHost: localhost:9324\r\n\(headers)\r\n"
    }

    /// Sends a request, lets the storage answer, and returns the response.
    func exchange(_ request: String) throws -> Response {
        try write(request)
        return try #require(try settledResponse())
    }

    /// The same with a form as body.
    func query(_ body: String, path: String = "/") throws -> Response {
        try exchange(Self.post(body, path: path))
    }

    /// Status, type and code of an error.
    func queryFault(_ body: String, path: String = "/") throws -> String {
        let response = try query(body, path: path)
        return "\(response.status) \(response.element("Type") ?? "none") \(response.element("Code") ?? "none")"
    }
}

extension TestClient.Response {
    /// What the first element of that name holds.
    func element(_ name: String) -> String? {
        guard let open = body.firstRange(of: "<\(name)>"),
            let close = body[open.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return String(body[open.upperBound..<close.lowerBound])
    }

    /// The body between the declaration and the metadata, which differs each time.
    var xml: String? {
        let start = #"<?xml version="1.0"?>"#
        guard body.hasPrefix(start), let id = element("RequestId") else { return nil }
        return String(body.dropFirst(start.count)).replacing(id, with: "ID")
            .replacing(#" xmlns="http://queue.amazonaws.com/doc/2012-11-05/""#, with: "")
    }
}
