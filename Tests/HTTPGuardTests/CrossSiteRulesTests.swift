import HTTPGuard
import Testing

/// A server on 127.0.0.1:9325, with one configured name.
private let rules = CrossSiteRules(names: ["Queue.Example"], listensOnLoopback: true)
private let own = "localhost:9325"

@Suite struct HostRules {
    @Test(arguments: [
        "localhost", "localhost:9325", "LOCALHOST:9325", "app.localhost", "127.0.0.1", "127.0.0.1:9325", "127.1.2.3:1",
        "[::1]", "[::1]:9325", "queue.example", "QUEUE.EXAMPLE:9325",
    ])
    func ownNamesAreServed(host: String) {
        #expect(rules.refusal(host: host, origin: nil, secFetchSite: nil) == nil)
    }

    @Test(arguments: [
        "evil.example", "evil.example:9325", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost",
        "evillocalhost", "[::1]evil", "[::1]evil:9325", "[::1]99", "[::1", "[]", "[::2]", "[::1%25lo]", "128.0.0.1",
        "10.0.0.1",
        "127.0.0", "127.0.0.256", "127.0.0.+1", "127.0.0.-1", "127.0.0.1.", "127..0.1", "127.0.0.1.1", "0.0.0.0",
        "2130706433", "localhost.", ".localhost", "evil..localhost", "localhost ", " localhost", "local host",
        "localhost:", "localhost:80:80", "localhost:99999", "localhost:+80", "localhost:8o",
        "localhost:9325,evil.example",
        "localhost@evil.example", "evil.example@localhost", "localhost/", "localhost#", "localhost\u{0}",
        "loc\u{e4}lhost",
        "\u{ff4c}ocalhost", "", ":", ":9325", "queue.example.evil.example", "sub.queue.example",
    ])
    func otherNamesAreRefused(host: String) {
        #expect(rules.refusal(host: host, origin: nil, secFetchSite: nil) == .unknownHost(host))
        #expect(
            rules.refusal(host: host, origin: nil, secFetchSite: nil, otherOrigins: .loopbackAllowed)
                == .unknownHost(host)
        )
    }

    @Test func aMissingHostIsRefused() {
        #expect(rules.refusal(host: nil, origin: nil, secFetchSite: nil) == .missingHost)
        let anywhere = CrossSiteRules(listensOnLoopback: false)
        #expect(anywhere.refusal(host: nil, origin: nil, secFetchSite: nil) == .missingHost)
    }

    @Test func anyNameIsServedOnAnAddressThatOthersReach() {
        let anywhere = CrossSiteRules(listensOnLoopback: false)
        #expect(anywhere.refusal(host: "broker.internal:9325", origin: nil, secFetchSite: nil) == nil)
        #expect(anywhere.refusal(host: "roost_1:9325", origin: nil, secFetchSite: nil) == nil)
        #expect(anywhere.refusal(host: "a b", origin: nil, secFetchSite: nil) == .unknownHost("a b"))
    }
}

@Suite struct OriginRules {
    @Test(arguments: ["http://localhost:9325", "HTTP://LocalHost:9325", "https://localhost:9325"])
    func theOwnOriginIsServed(origin: String) {
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: nil) == nil)
    }

    @Test(arguments: ["http://localhost:9326", "http://localhost", "http://127.0.0.1:9325", "http://[::1]:9325"])
    func otherPortsAndNamesOfThisMachineAreForeign(origin: String) {
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: nil) == .foreignOrigin(origin))
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: nil, otherOrigins: .loopbackAllowed) == nil)
    }

    @Test(arguments: [
        "null", "", "http://", "localhost:9325", "//localhost:9325", "http://evil.example", "https://evil.example:9325",
        "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://[::1]evil",
        "http://[::1].evil.example",
        "http://localhost@evil.example", "http://localhost:1@evil.example", "http://user:pass@localhost:9325",
        "http://evil.example/http://localhost:9325", "http://localhost:9325/", "http://localhost:9325/path",
        "http://localhost:9325 ", " http://localhost:9325", "http://localhost:9325, http://evil.example",
        "http://localhost:1, http://localhost:2", "http://localhost.:9325", "http://localhost:9325#",
        "http://localhost?",
        "http://localhost\\.evil.example", "file://localhost", "capacitor://localhost", "chrome-extension://localhost",
        "ws://localhost:9325", "http:// localhost", "http://\u{2113}ocalhost", "http://localhost:", "http://127.0.0.+1",
        "javascript://localhost:9325",
    ])
    func everythingElseIsForeignEverywhere(origin: String) {
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: nil) == .foreignOrigin(origin))
        #expect(
            rules.refusal(host: own, origin: origin, secFetchSite: nil, otherOrigins: .loopbackAllowed)
                == .foreignOrigin(origin)
        )
    }

    @Test func aPublicServerServesItsOwnOriginOnly() {
        let anywhere = CrossSiteRules(listensOnLoopback: false)
        let host = "broker.example"
        #expect(anywhere.refusal(host: host, origin: "https://broker.example", secFetchSite: nil) == nil)
        #expect(
            anywhere.refusal(host: host, origin: "https://evil.example", secFetchSite: nil)
                == .foreignOrigin("https://evil.example")
        )
        // A configured name is a name of this server, not an origin that may use it under another name.
        #expect(
            rules.refusal(host: own, origin: "http://queue.example", secFetchSite: nil)
                == .foreignOrigin("http://queue.example")
        )
    }
}

@Suite struct SecFetchSiteRules {
    @Test(arguments: ["same-origin", "none"])
    func theOwnPageAndTheAddressBarAreServed(value: String) {
        #expect(rules.refusal(host: own, origin: nil, secFetchSite: value) == nil)
    }

    /// Also on the paths open to loopback pages: an image or a link comes without an origin.
    @Test(arguments: ["same-site", "cross-site", "", "Same-Origin", "none, cross-site", "same-origin,same-origin", "x"])
    func otherValuesAreRefusedWithoutAnOrigin(value: String) {
        #expect(rules.refusal(host: own, origin: nil, secFetchSite: value) == .crossSite(value))
        #expect(
            rules.refusal(host: own, origin: nil, secFetchSite: value, otherOrigins: .loopbackAllowed)
                == .crossSite(value)
        )
    }

    @Test(arguments: [("same-site", "http://localhost:8080"), ("cross-site", "http://127.0.0.1:8080")])
    func aPageOnAnotherLoopbackPortIsServedWhereItIsAllowed(value: String, origin: String) {
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: value, otherOrigins: .loopbackAllowed) == nil)
        #expect(rules.refusal(host: own, origin: origin, secFetchSite: value) == .foreignOrigin(origin))
    }

    @Test(arguments: ["", "same", "Cross-Site", "cross-site, none"])
    func strangeValuesAreRefusedWithAnAllowedOriginToo(value: String) {
        let refusal = rules.refusal(
            host: own, origin: "http://localhost:8080", secFetchSite: value, otherOrigins: .loopbackAllowed
        )
        #expect(refusal == .crossSite(value))
    }
}
