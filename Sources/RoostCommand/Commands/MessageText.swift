/// A received message for eyes.
enum MessageText {
    /// Fields, one a line, and the body last.
    static func block(_ message: IncomingMessage, _ style: Style) -> String {
        var fields = [("id", message.id)]
        if let handle = message.handle { fields.append(("handle", handle)) }
        fields.append(("sent", "\(Moment.text(message.sentAtMs)) (\(Moment.relative(message.sentAtMs)))"))
        fields.append(("receives", Text.number(message.receiveCount)))
        for (name, value) in (message.attributes ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields.append(("attribute", "\(name)=\(value.value ?? value.valueBase64 ?? "") (\(value.type))"))
        }
        fields.append(("body", message.isDamaged ? "(damaged)" : bodyText(message)))
        return fields.map { name, value in
            let filler = String(repeating: " ", count: 10 - name.count)
            return "\(style.dim(name))\(filler)\(Text.harmless(value, keeping: ["\n", "\t"]))\n"
        }.joined()
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
