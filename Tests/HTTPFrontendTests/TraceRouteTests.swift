import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite("Trace context of the sends of the HTTP port")
struct TraceRouteTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private let path = "/api/v1/queues/aweq/messages"

    private func headers(_ parent: String = parent, _ state: String? = "rojo=1") throws -> HTTPFields {
        var fields: HTTPFields = [try #require(HTTPField.Name("traceparent")): parent]
        if let state { fields[try #require(HTTPField.Name("tracestate"))] = state }
        return fields
    }

    /// Of the messages that were sent, the oldest first.
    private func traces(_ server: TestServer) -> [[String]] {
        server.storage.read { state in
            state.seen.compactMap { request in
                guard case .send(_, let message) = request else { return nil }
                return message.attributes.map { attribute in
                    guard case .text(let text) = attribute.value else { return attribute.name }
                    return "\(attribute.name) \(attribute.type) \(text)"
                }
            }
        }
    }

    @Test("A send stores it, and a receive shows it")
    func single() async throws {
        let server = try TestServer()
        try await server.test { client in
            let sent = try await client.call(.post, path, #"{"body":"a"}"#, headers: headers())
            #expect(sent.status == .ok)
            let received = try await client.call(.post, "/api/v1/queues/aweq/receive").text
            #expect(
                received.contains(
                    #""attributes":{"traceparent":{"type":"String","value":"\#(Self.parent)"},"#
                        + #""tracestate":{"type":"String","value":"rojo=1"}}"#))
        }
        #expect(traces(server) == [["traceparent String \(Self.parent)", "tracestate String rojo=1"]])
    }

    @Test("Every message of a batch has it, but for those with their own")
    func batch() async throws {
        let server = try TestServer()
        let own = #"{"body":"b","attributes":{"traceparent":{"value":"mine"}}}"#
        try await server.test { client in
            let body = #"{"messages":[{"body":"a"},\#(own),{"body":"c"}]}"#
            _ = try await client.call(.post, path, body, headers: headers(Self.parent, nil))
        }
        let parent = ["traceparent String \(Self.parent)"]
        #expect(traces(server) == [parent, ["traceparent String mine"], parent])
    }

    @Test("So has a message of the AweQ API")
    func aweq() async throws {
        let server = try TestServer()
        try await server.test { client in
            _ = try await client.call(.post, "/send-message", #"{"message":"a"}"#, headers: headers(Self.parent, nil))
        }
        #expect(traces(server) == [["traceparent String \(Self.parent)"]])
    }

    @Test("A header that is not valid refuses nothing")
    func invalid() async throws {
        let server = try TestServer()
        try await server.test { client in
            let sent = try await client.call(.post, path, #"{"body":"a"}"#, headers: headers("00-no-trace", "rojo=1"))
            #expect(sent.status == .ok)
        }
        #expect(traces(server) == [[]])
    }
}
