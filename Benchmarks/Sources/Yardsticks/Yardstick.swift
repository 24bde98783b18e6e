import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// The bare stacks that the broker is measured against: one event loop, NIOHTTP1, and
///
///     yardstick constant --port P              read a request, answer a constant
///     yardstick append   --port P --log FILE   the same, after 200 bytes of it are on disk
///
/// `append` syncs once per event-loop turn. What the broker does more than these two is the broker's own cost.
@main
enum Yardstick {
    static func main() throws {
        let options = Options(CommandLine.arguments)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let log = try options.logPath.map { path in
            try loop.submit { NIOLoopBound(try TurnLog(path: path, eventLoop: loop), eventLoop: loop) }.wait()
        }
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPResponseEncoder(),
                        ByteToMessageHandler(HTTPRequestDecoder()),
                        ReplyHandler(log: log?.value),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: options.port).wait()
        try server.closeFuture.wait()
    }
}

private struct Options {
    var port = 0
    var logPath: String?

    init(_ arguments: [String]) {
        func value(_ name: String) -> String? {
            arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        }
        port = value("--port").flatMap(Int.init) ?? 0
        switch arguments.dropFirst().first {
        case "constant" where port > 0: logPath = nil
        case "append" where port > 0: logPath = value("--log") ?? "yardstick.log"
        default: Self.usage()
        }
    }

    private static func usage() -> Never {
        complain("usage: yardstick constant --port P | append --port P [--log FILE]")
        exit(64)
    }
}

func complain(_ text: String) {
    let line = Array("\(text)\n".utf8)
    write(STDERR_FILENO, line, line.count)
}
