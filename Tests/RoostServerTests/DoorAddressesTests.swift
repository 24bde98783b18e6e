import RoostServer
import RoostStorage
import Testing

@Suite struct DoorAddressesTests {
    @Test("A port that was left to the system is told when it is known")
    func bound() throws {
        let configuration = try load(["http": ["127.0.0.1:0"], "sqs": ["off"]]).configuration
        let addresses = DoorAddresses(configuration)
        #expect(addresses.all.map(\.name) == ["http", "redis"])
        #expect(addresses.all.first?.address == "127.0.0.1:0")
        addresses.note(.http, at: ListenAddress(host: "127.0.0.1", port: 4711))
        addresses.note(.redis, at: nil)
        #expect(addresses.all.map(\.address) == ["127.0.0.1:4711", "127.0.0.1:6380"])
    }
}
