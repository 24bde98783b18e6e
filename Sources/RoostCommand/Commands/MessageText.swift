/// A received message for eyes.
enum MessageText {
    /// Fields, one a line, and the body last.
    static func block(_ message: IncomingMessage, _ style: Style) -> String {
        var fields = [("id", message.id)]
        if let handle = message.handle { fields.append(("handle", handle)) }
        fields.append(("sent", "\(Moment.text(message.sentAtMs)) (\(Moment.relative(message.sentAtMs)))"))
        fields.append(("receives", Text.number(message.receiveCount)))
        let labels = [
            ("group", message.group), ("duplicate", message.deduplicationId), ("trace", message.trace),
            ("sender", message.sender), ("from", message.deadLetterSource.map { "\($0) (dead letter)" }),
        ]
        for case (let name, let value?) in labels { fields.append((name, value)) }
        if let burial = message.burial { fields += Self.burial(burial) }
        for (name, value) in (message.attributes ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields.append(("attribute", "\(name)=\(value.value ?? value.valueBase64 ?? "") (\(value.type))"))
        }
        fields.append(("body", message.isDamaged ? "(damaged)" : bodyText(message)))
        return fields.map { name, value in
            let filler = String(repeating: " ", count: 10 - name.count)
            return "\(style.dim(name))\(filler)\(Text.harmless(value, keeping: ["\n", "\t"]))\n"
        }.joined()
    }

    private static func burial(_ burial: IncomingMessage.Burial) -> [(String, String)] {
        let when = burial.atMs.map { "\(Moment.text($0)) (\(Moment.relative($0)))" } ?? ""
        let fields = [("buried", when), ("reason", burial.reason), ("error", burial.error), ("by", burial.by)]
        return fields.filter { !$0.1.isEmpty }
    }

    /// The bytes as they were sent, made harmless only where they go to a terminal.
    static func writeBody(_ message: IncomingMessage, _ console: Console) {
        if console.outIsTerminal {
            console.out(Text.harmless(bodyText(message), keeping: ["\n", "\t"]) + "\n")
        } else {
            console.writeOut(message.bytes + [UInt8(ascii: "\n")])
        }
    }

    static func bodyText(_ message: IncomingMessage) -> String {
        message.body ?? "\(Text.plural(message.bytes.count, "byte")), base64: \(message.bodyBase64 ?? "")"
    }
}
