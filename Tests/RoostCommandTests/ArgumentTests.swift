import ArgumentParser
import RoostCommand
import RoostServer
import Testing

@Suite struct ArgumentTests {
    @Test(arguments: [
        ("k=v", "k", AttributeValue(type: "String", value: "v")),
        ("k=", "k", AttributeValue(type: "String", value: "")),
        ("k=a=b", "k", AttributeValue(type: "String", value: "a=b")),
        ("k=7:Number", "k", AttributeValue(type: "Number", value: "7")),
        ("k=7:Number.euro", "k", AttributeValue(type: "Number.euro", value: "7")),
        ("k=AAEC:Binary", "k", AttributeValue(type: "Binary", base64: "AAEC")),
        ("k=AAEC:Binary.png", "k", AttributeValue(type: "Binary.png", base64: "AAEC")),
        ("k=10:30", "k", AttributeValue(type: "String", value: "10:30")),
        ("k=http://x:String", "k", AttributeValue(type: "String", value: "http://x")),
        ("k=x:Number.", "k", AttributeValue(type: "String", value: "x:Number.")),
        ("k=x:Numbers", "k", AttributeValue(type: "String", value: "x:Numbers")),
    ])
    func attributes(_ text: String, _ name: String, _ value: AttributeValue) {
        #expect(AttributeArgument(argument: text)?.name == name)
        #expect(AttributeArgument(argument: text)?.value == value)
    }

    @Test(arguments: ["", "k", "=v", "=", ":Number"])
    func noAttributes(_ text: String) {
        #expect(AttributeArgument(argument: text) == nil)
    }

    @Test func retentions() {
        #expect(Retention(argument: "unlimited") == .unlimited)
        #expect(Retention(argument: "4d").map { "\($0)" }?.contains("345600000") == true)
        #expect(Retention(argument: "ever") == nil)
    }

    /// Each option of the server can be given to `serve`, and arrives under its own name.
    @Test(arguments: ServerOption.all.map(\.name) + ["config"])
    func everyServerOptionIsAFlagOfServe(_ name: String) throws {
        let isFlag = [.flag, .testFlag].contains(ServerOption.named(name)?.kind)
        let arguments = isFlag ? ["--\(name)"] : ["--\(name)", "value of \(name)"]
        let serve = try Serve.parse(arguments)
        #expect(serve.options.given == [name: [isFlag ? "on" : "value of \(name)"]])
    }

    @Test func aListMayBeGivenTwice() throws {
        #expect(
            try Serve.parse(["--server-names", "a", "--server-names", "b"]).options.given == [
                "server-names": ["a", "b"]
            ])
    }

    @Test func everyCommandHasAnExample() {
        func check(_ command: any ParsableCommand.Type) {
            if command.configuration.subcommands.isEmpty {
                let name = command.configuration.commandName ?? command._commandName
                #expect(command.configuration.discussion.contains("roost "), "\(name) has no example")
            }
            command.configuration.subcommands.forEach(check)
        }
        check(Roost.self)
    }
}
