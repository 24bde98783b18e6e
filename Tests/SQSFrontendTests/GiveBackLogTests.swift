import Logging
import NIOCore
import NIOEmbedded
import SQSFrontend
import Synchronization
import Testing

/// Messages that were leased for a client that went away are named in the log, by number and queue.
@Suite struct GiveBackLogTests {
    private let receive = TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","MaxNumberOfMessages":10}"#)
    private let expected = [
        "info Messages given back: the client closed the connection before the reply was written count=2 queue=q1"
    ]

    @Test func aClientThatGoesBeforeTheAnswer() throws {
        let lines = LogLines()
        let client = try TestClient(logger: lines.logger)
        for _ in 0..<2 { try client.send("secret") }
        try client.write(receive)
        client.loop.run()
        _ = try client.channel.finish(acceptAlreadyClosed: true)
        client.settle()
        client.settle()
        #expect(client.returned() == 2)
        #expect(lines.all == expected)
    }

    @Test func aReplyThatCannotBeWritten() throws {
        let lines = LogLines()
        let client = try TestClient(logger: lines.logger)
        for _ in 0..<2 { try client.send("secret") }
        try client.channel.pipeline.syncOperations.addHandler(FailingWrites(), position: .first)
        try client.write(receive)
        client.settle()
        client.settle()
        #expect(client.returned() == 2)
        #expect(lines.all == expected)
    }

    @Test func aPollThatGotNothingIsNotWorthALine() throws {
        let lines = LogLines()
        let client = try TestClient(logger: lines.logger)
        try client.write(TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#))
        client.settle()
        _ = try client.channel.finish(acceptAlreadyClosed: true)
        client.settle()
        #expect(lines.all == [])
    }
}

/// Keeps what is logged.
private final class LogLines: Sendable {
    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).map { " \($0)=\($1)" }.sorted().joined()
            lines.texts.withLock { $0.append("\(event.level) \(event.message)\(fields)") }
        }
    }

    private let texts = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }
    var all: [String] { texts.withLock { $0 } }
}

private final class FailingWrites: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.ioOnClosedChannel)
    }
}
