import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import Testing

@Suite struct ErrorTests {
    private static let rejections: [(Rejection, Int, String)] = {
        guard let name = try? QueueName("jobs") else { return [] }
        return [
            (.invalidQueueName("a b"), 400, "invalid_queue_name"),
            (.queueDoesNotExist(name), 404, "queue_does_not_exist"),
            (.queueExists(name, difference: .delay), 409, "queue_exists"),
            (.keyExists(name, type: .list), 409, "key_exists"), (.messageNotText, 400, "message_not_text"),
            (.tooManyQueues(max: 9), 409, "too_many_queues"),
            (.invalidSetting(.delay, value: 1, accepted: 2...3), 400, "invalid_setting"),
            (.messageEmpty, 400, "message_empty"), (.messageTooLarge(bytes: 2, max: 1), 413, "message_too_large"),
            (.invalidMessageAttributes("Too long."), 400, "invalid_attribute"),
            (.invalidDelay(.seconds(9), max: .seconds(8)), 400, "invalid_delay"),
            (.invalidVisibilityTimeout(.seconds(9), max: .seconds(8)), 400, "invalid_visibility_timeout"),
            (.invalidCount(0, accepted: 1...2), 400, "invalid_count"),
            (.reasonTooLong(bytes: 9, max: 8), 400, "reason_too_long"), (.invalidReceiptHandle, 400, "invalid_handle"),
            (.messageNotAvailable, 404, "message_not_available"), (.receiptHandleExpired, 409, "handle_expired"),
            (.missingGroup, 400, "missing_group"), (.invalidGroup(bytes: 0, max: 8), 400, "invalid_group"),
            (.tooManyGroups(max: 9), 429, "too_many_groups"), (.missingDeduplication, 400, "missing_deduplication"),
            (.invalidDeduplicationID(bytes: 0, max: 8), 400, "invalid_deduplication_id"),
            (.deduplicationWithoutFIFO, 400, "deduplication_without_fifo"),
            (.labelTooLong(bytes: 9, max: 8), 400, "label_too_long"),
            (.burialTooLong(bytes: 9, max: 8), 400, "burial_too_long"),
            (.moveIsRunning(name), 409, "move_is_running"), (.noDeadLetterQueue(name), 400, "no_dead_letter_queue"),
            (.moveTaskDoesNotExist, 404, "move_does_not_exist"), (.moveIsOver, 409, "move_is_over"),
            (.invalidMoveRate(0, accepted: 1...2), 400, "invalid_move_rate"),
            (.invalidMoveTarget(name, reason: "it is full"), 400, "invalid_move_target"),
            (.queueTypeIsFixed, 400, "queue_type_is_fixed"), (.contentsStayBytes, 400, "contents_stay_bytes"),
            (.cannotAdopt(name, reason: "it is a queue already"), 409, "cannot_adopt"),
            (.invalidDeadLetterTarget(name, reason: "it is full"), 400, "invalid_dead_letter_target"),
            (.invalidReceivesMax(0, accepted: 1...2), 400, "invalid_max_receives"),
            (.tooManyDeadLetterSources(9, max: 8), 400, "too_many_dead_letter_sources"),
            (.propertiesTooLong(bytes: 9, max: 8), 400, "properties_too_long"), (.backInFIFO, 400, "back_in_fifo"),
            (.bindingOfFIFO, 400, "binding_of_fifo"), (.tooManyBindings(max: 9), 409, "too_many_bindings"),
            (.tooManyInFlight(max: 9), 429, "too_many_in_flight"), (.outOfDiskSpace, 507, "out_of_disk_space"),
            (.outOfMemory, 503, "out_of_memory"), (.busy, 503, "busy"), (.shuttingDown, 503, "shutting_down"),
            (.storageFailed("fdatasync: EIO"), 500, "storage_failed"),
        ]
    }()

    @Test(arguments: rejections)
    func everyRejectionIsAProblem(rejection: Rejection, status: Int, code: String) async throws {
        let server = try TestServer()
        server.storage.edit { $0.rejection = rejection }
        try await server.test { client in
            let response = try await client.call(.get, "/api/v1/queues/jobs")
            #expect(response.status.code == status)
            #expect(try response.problem().code == code)
            #expect((response.headers[.retryAfter] != nil) == (status == 503 || status == 507))
        }
    }

    /// The command line shows it without the title.
    @Test func aDetailStandsForItself() {
        #expect(Problem(.moveIsOver).detail.hasPrefix("The move is over"))
        #expect(Problem(.busy).detail.hasPrefix("Too much waits to be written"))
        #expect(Problem(.shuttingDown).detail.hasPrefix("The broker is shutting down"))
        #expect(Problem(.labelTooLong(bytes: 9, max: 8)).detail.hasPrefix("The trace has 9 bytes"))
        #expect(Problem(.messageNotAvailable).detail.contains("buried"))
    }

    /// Whoever meets a full disk or memory is told what to do about it.
    @Test func whatIsFullIsToldWithTheWayOut() {
        #expect(Problem(.outOfMemory).detail.contains("--memory-bytes"))
        #expect(Problem(.outOfDiskSpace).detail.contains("free space on the disk"))
        for rejection in [Rejection.outOfMemory, .outOfDiskSpace] {
            #expect(Problem(rejection).detail.contains("Receive and delete messages"))
        }
    }

    @Test func codesAreNotSharedByMistake() {
        #expect(Set(Self.rejections.map(\.2)).count == Self.rejections.count)
    }

    @Test(arguments: [
        (
            QueueSetting.visibilityTimeout, Int64(-1), Int64(0)...43_200_000,
            "visibility_timeout_seconds is -0.001; accepted are 0 to 43200."
        ),
        (.retention, 5, 60_000...Int64.max, "retention_seconds is 0.005; accepted are 60 to unlimited."),
        (.maximumMessageBytes, 1, 1024...2048, "maximum_message_bytes is 1; accepted are 1024 to 2048."),
        (.redelivery, 2, 1...1, "redelivery is back; accepted are front to front."),
        (.contents, 1, 0...0, "contents is bytes; accepted are text to text."),
    ])
    func aSettingIsToldInTheUnitOfTheAPI(
        setting: QueueSetting, value: Int64, range: ClosedRange<Int64>, text: String
    ) {
        let problem = Problem(.invalidSetting(setting, value: value, accepted: range))
        #expect(problem.detail == text)
    }

    @Test(arguments: [
        "/index", "/api", "/api/v1", "/api/v1/queue", "/consoles", "/send-message/x", "/api/v1/queues/a/b/c",
    ])
    func unknownPathsAreAnsweredWithTheKnownOnes(path: String) async throws {
        try await TestServer().test { client in
            let response = try await client.call(.get, path)
            #expect(response.status == .notFound)
            let problem = try response.problem()
            #expect(problem.code == "not_found")
            #expect(problem.detail.contains("GET \(path) is not served here."))
            for known in ["GET /receive-message", "/api/v1/queues", "GET /metrics", "GET /readyz"] {
                #expect(problem.detail.contains(known))
            }
        }
    }

    @Test func otherMethodsAreNotFound() async throws {
        try await TestServer().test { client in
            let response = try await client.call(.delete, "/metrics")
            #expect(response.status == .notFound)
        }
    }

    @Test func aBodyShorterThanDeclaredIsNoEmptyBody() async throws {
        let server = try TestServer()
        try await server.test { client in
            let response = try await client.call(.put, "/api/v1/queues/jobs", headers: [.contentLength: "40"])
            #expect(response.status == .badRequest)
            #expect(try response.problem().code == "incomplete_body")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func compressedRequestsAreRefused() async throws {
        let server = try TestServer()
        try await server.test { client in
            let response = try await client.call(
                .post, "/api/v1/queues/aweq/messages", #"{"body":"a"}"#, headers: [.contentEncoding: "gzip"]
            )
            #expect(response.status == .unsupportedMediaType)
            #expect(try response.problem().code == "content_encoding")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }
}
