package import ArgumentParser
import NIOHTTP1

package struct Send: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Send messages to a queue.",
        discussion: """
            The body is the argument; or stdin, when the argument is - or missing. A newline at the very end of stdin \
            is not part of the body (--raw keeps it). With --file each line is a message; empty lines are left out. \
            The ids go to stdout, for --file a summary.

            An attribute is NAME=VALUE or NAME=VALUE:TYPE, where TYPE is String, Number or Binary (a value in base64), \
            with a label if wanted.

            Examples:
              roost send orders '{"id": 7}'
              roost send orders hello --delay 30s --attribute priority=7:Number --attribute source=shop
              roost send payments.fifo '{"id": 7}' --group customer-12
              date | roost send orders
              roost send orders --file lines.txt
              zcat lines.gz | roost send orders --file -
            """
    )

    @OptionGroup package var name: QueueArgument
    @Argument(help: "Body of the message; - reads stdin.")
    package var body: String?
    @Option(help: ArgumentHelp("Send each line of this file as a message; - reads stdin.", valueName: "file"))
    package var file: String?
    @Option(
        help: ArgumentHelp(
            "How long the message stays hidden, for example 30s. Default: that of the queue.", valueName: "time"))
    package var delay: Span?
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("An attribute of the message. May be given several times.", valueName: "name=value[:type]"))
    package var attribute: [AttributeArgument] = []
    @Option(
        help: ArgumentHelp(
            "The message group. Needed in a FIFO queue, which keeps the order of each group.", valueName: "name"))
    package var group: String?
    @Option(help: ArgumentHelp("Of a FIFO queue: a message with the same id is not stored again.", valueName: "id"))
    package var deduplicationId: String?
    @Option(help: ArgumentHelp("A text for tracing through systems, kept with the message.", valueName: "text"))
    package var trace: String?
    @Flag(help: "Keep a newline at the end of stdin.")
    package var raw = false
    @Option(
        help: ArgumentHelp(
            "With --file: requests on their way at a time. 1 keeps the order of the lines. Default: 4, and 1 for a "
                + "FIFO queue.", valueName: "n"))
    package var inFlight: Int?
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if file != nil, body != nil { throw ValidationError("Give a body or --file, not both.") }
        if file != nil, deduplicationId != nil {
            throw ValidationError("With --deduplication-id all lines of a file would be the same message.")
        }
        if file != nil, raw { throw ValidationError("--raw goes with a body from stdin, not with --file.") }
        if let inFlight, !(1...64).contains(inFlight) {
            throw ValidationError("--in-flight \(inFlight): accepted is 1 to 64.")
        }
    }

    package func run() async throws {
        if let file {
            // Requests that overtake each other would mix up the lines of a group.
            let inFlight = inFlight ?? (name.queue.hasSuffix(".fifo") ? 1 : 4)
            let run = FileSend(
                queue: name.queue, path: file, template: message(body: []), inFlight: inFlight, json: client.json)
            return try await client.withClient(connections: inFlight) { try await run.run($0) }
        }
        let bytes = try InputText.bytes(
            body, keepsNewline: raw, what: "body",
            orElse: "Give it as an argument: roost send \(name.queue) 'hello'. Or pipe it in.")
        let message = message(body: bytes)
        let data = try API.encode(message)
        let reply = try await client.withClient {
            try await $0.call(.POST, ["queues", name.queue, "messages"], body: data)
        }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        console.out("\(try API.decode(EntryResult.self, reply).id ?? "")\n")
    }

    private func message(body: [UInt8]) -> OutgoingMessage {
        let attributes = Dictionary(attribute.map { ($0.name, $0.value) }) { $1 }
        var message = OutgoingMessage(body: body, attributes: attributes, delaySeconds: delay?.seconds)
        message.group = group
        message.deduplicationId = deduplicationId
        message.trace = trace
        return message
    }
}
