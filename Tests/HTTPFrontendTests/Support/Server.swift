import Foundation
import HTTPFrontend
import HTTPGuard
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import RoostModel
import RoostStorage
import Testing

/// The front end over a fake storage that has the queue `aweq`.
struct TestServer {
    let storage = FakeStorage()
    /// What the front end is given; nil: the fake storage itself.
    var front: (any Storage)?
    var configuration: HTTPConfiguration

    init(
        aweq: Bool = true, maximumMessageBytes: Int = 1000, fsyncPolicy: String = "always",
        limits: ConnectionLimits = ConnectionLimits()
    ) throws {
        let aweqConfiguration = AweQConfiguration(queue: try QueueName("aweq"))
        configuration = HTTPConfiguration(
            host: "127.0.0.1", port: 0, crossSite: CrossSiteRules(listensOnLoopback: true),
            aweq: aweq ? aweqConfiguration : nil, maximumMessageBytes: maximumMessageBytes, version: "1.2.3",
            fsyncPolicy: fsyncPolicy, limits: limits
        )
        let change = aweqConfiguration.settings(maximumMessageBytes: maximumMessageBytes)
        try addQueue("aweq", change.applied(to: QueueSettings()))
    }

    /// The front end knows `front` alone.
    init(over front: any Storage) throws {
        try self.init()
        self.front = front
    }

    init(configure: (inout HTTPConfiguration) -> Void) throws {
        try self.init()
        configure(&configuration)
    }

    func addQueue(_ name: String, _ settings: QueueSettings = QueueSettings()) throws {
        let name = try QueueName(name)
        storage.edit { $0.queues[name] = FakeStorage.Queue(settings: settings) }
    }

    var application: some ApplicationProtocol {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return makeHTTPApplication(
            configuration: configuration, storage: front ?? storage, eventLoopGroup: Self.oneLoop,
            logger: logger
        )
    }

    /// One loop, so that events of several sockets have an order.
    private static let oneLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// What the router serves.
    var routes: [Router<BasicRequestContext>.RouteDescription] {
        let load = HTTPLoad(bodies: BodyBudget(bytesMax: configuration.requestBodyBytesMax))
        let calls = StorageCalls(front ?? storage)
        return makeRouter(configuration, calls, load, RateHistory(calls, clock: configuration.clock)).routes
    }

    /// Calls the router, without a connection.
    func test(_ test: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        try await application.test(.router, test)
    }

    /// Calls a server on a port of localhost.
    func testLive(_ test: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        try await application.test(.live, test)
    }
}

extension TestClientProtocol {
    func call(
        _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await execute(uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) { $0 }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }

    /// The code of a problem document; the test fails when this is none.
    func problem(_ location: SourceLocation = #_sourceLocation) throws -> ProblemDocument {
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: location)
        let document = try decoded(ProblemDocument.self)
        #expect(document.status == status.code, sourceLocation: location)
        #expect(document.type == "urn:roost:problem:\(document.code)", sourceLocation: location)
        #expect(!document.title.isEmpty && !document.detail.isEmpty, sourceLocation: location)
        return document
    }
}

struct ProblemDocument: Decodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    var code: String
}
