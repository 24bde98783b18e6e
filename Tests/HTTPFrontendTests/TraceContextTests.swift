import HTTPFrontend
import HTTPTypes
import RoostModel
import Testing

@Suite("W3C trace context of a request")
struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-\(trace)-b7ad6b7169203331-01"

    private func context(_ parent: String?, _ states: String...) throws -> TraceContext? {
        var fields = HTTPFields()
        if let parent { fields[try #require(HTTPField.Name("traceparent"))] = parent }
        let name = try #require(HTTPField.Name("tracestate"))
        for state in states { fields.append(HTTPField(name: name, value: state)) }
        return TraceContext(fields)
    }

    @Test("A parent and its state are taken as they are")
    func whole() throws {
        let context = try #require(try context(Self.parent, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"))
        #expect(context.parent == Self.parent && context.traceID == Self.trace)
        #expect(context.state == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
    }

    @Test(
        "A parent that is not valid is none",
        arguments: [
            "", "00", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-\(trace)-0000000000000000-01", "ff-\(trace)-b7ad6b7169203331-01", "00-\(trace)-b7ad6b7169203331-01-x",
            "00-\(trace)-b7ad6b7169203331-01-", "00-\(trace.uppercased())-b7ad6b7169203331-01",
            "00-\(trace)-b7ad6b716920333-011", "00_\(trace)-b7ad6b7169203331-01", "0-0\(trace)-b7ad6b7169203331-01",
            "00-\(trace)-b7ad6b7169203331-0x", "0g-\(trace)-b7ad6b7169203331-01", "01-\(trace)-b7ad6b7169203331-01x",
            "00-\(trace)-b7ad6b716920333é-0", "..-\(trace)-b7ad6b7169203331-01", "\(trace)",
        ])
    func invalid(parent: String) throws {
        #expect(try context(parent, "a=b") == nil)
    }

    @Test("A parent that ends early is none, wherever it ends", arguments: 0..<parent.utf8.count)
    func cutParent(bytes: Int) throws {
        #expect(try context(String(Self.parent.prefix(bytes))) == nil)
    }

    @Test("Nothing or two of them are none")
    func missing() throws {
        #expect(try context(nil, "a=b") == nil)
        let name = try #require(HTTPField.Name("traceparent"))
        let two = HTTPFields([.init(name: name, value: Self.parent), .init(name: name, value: Self.parent)])
        #expect(TraceContext(two) == nil)
    }

    @Test(
        "A later version is given on as far as it is known",
        arguments: [("01", "01"), ("01-more", "01"), ("03", "01"), ("0b", "01"), ("0a", "00"), ("fe", "00")])
    func later(end: String, flags: String) throws {
        let context = try context("cc-\(Self.trace)-b7ad6b7169203331-\(end)")
        #expect(context?.parent == "00-\(Self.trace)-b7ad6b7169203331-\(flags)")
    }

    @Test("Flags of this version stay")
    func flags() throws {
        let parent = "00-\(Self.trace)-b7ad6b7169203331-03"
        #expect(try context(parent)?.parent == parent)
    }

    @Test("Several headers are one list, with white space and empty members left out")
    func lists() throws {
        #expect(try context(Self.parent, "a=1 ,\t b=2", "", ",c@d=3 4,")?.state == "a=1,b=2,c@d=3 4")
        #expect(try context(Self.parent)?.state == nil)
        #expect(try context(Self.parent, " , ")?.state == nil)
    }

    @Test(
        "A state that is not valid is left out, and the parent stays",
        arguments: [
            "a", "a=", "=1", "A=1", "a=1=2", "a b=1", "a=é", "a@=1", "@a=1", "a@b@c=1", "é=1",
            "\(String(repeating: "k", count: 257))=1", "a=\(String(repeating: "v", count: 257))",
            (1...33).map { "k\($0)=1" }.joined(separator: ","),
            "a=\(String(repeating: "v", count: 255)),b=\(String(repeating: "v", count: 254))",
        ])
    func invalidState(state: String) throws {
        let context = try #require(try context(Self.parent, state))
        #expect(context.state == nil && context.parent == Self.parent)
    }

    @Test("A state as long as it may be is given on")
    func longState() throws {
        let most = "a=\(String(repeating: "v", count: 255)),b=\(String(repeating: "v", count: 252))"
        #expect(most.utf8.count == 512)
        let many = (1...32).map { "k\($0)=1" }.joined(separator: ",")
        for state in [most, many] { #expect(try context(Self.parent, state)?.state == state) }
    }

    @Test("A state that ends early ends there, or is left out")
    func cutState() throws {
        let whole = "rojo=00f067,congo@x=t61"
        for bytes in 0...whole.utf8.count {
            let state = try #require(try context(Self.parent, String(whole.prefix(bytes)))).state
            #expect(state.map { whole.hasPrefix($0) } ?? true)
            #expect((state != nil) == [6...12, 21...23].contains { $0.contains(bytes) }, "\(bytes) bytes")
        }
    }

    // MARK: In a message

    private func message(_ names: [String]) -> NewMessage {
        NewMessage(body: [1], attributes: names.map { MessageAttribute(name: $0, type: "String", value: .text("x")) })
    }

    @Test(
        "There is as much of it in a message as there is room",
        arguments: [
            (0, ["traceparent", "tracestate"]), (8, ["traceparent", "tracestate"]), (9, ["traceparent"]), (10, []),
        ])
    func room(taken: Int, added: [String]) throws {
        let context = try #require(try context(Self.parent, "a=b"))
        let before = message((0..<taken).map { "n\($0)" })
        let after = context.added(to: before)
        #expect(after.attributes.dropFirst(taken).map(\.name) == added && after.spareAttributes == added.count)
        #expect(after.withoutSpareAttributes == before)
    }

    @Test("A message with a trace of its own is left as it is", arguments: ["traceparent", "tracestate"])
    func own(name: String) throws {
        let context = try #require(try context(Self.parent, "a=b"))
        #expect(context.added(to: message([name])) == message([name]))
    }
}
