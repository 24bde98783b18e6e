import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RoostStorage
import Testing

/// How the console gets to the browser. What it does there, Tests/EndToEnd/console tests with one.
@Suite struct ConsoleTests {
    @Test func everyFileOfTheFolderIsServedAsItStandsThere() async throws {
        let files = try ConsoleFolder.files().filter { $0.key != "index.html" }
        try await TestServer().test { client in
            let folder = try await assetFolder(client)
            for (path, text) in files {
                let response = try await client.call(.get, "\(folder)/\(path)")
                #expect(response.status == .ok && response.text == text, "\(path)")
                #expect(response.headers[.contentType]?.hasPrefix(ConsoleFolder.type(of: path)) == true, "\(path)")
            }
        }
        #expect(files.count > 20)
    }

    @Test func thePageNamesTheFilesOfItsVersion() async throws {
        try await TestServer().test { client in
            let page = try await client.call(.get, "/console")
            #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.cacheControl] == "no-cache")
            #expect(!page.text.contains("@ASSETS@"))
            let folder = try await assetFolder(client)
            let script = try await client.call(.get, "\(folder)/app.js")
            #expect(script.headers[.cacheControl] == "public, max-age=31536000, immutable")
            let names = ["none.js", "../app.js", "index.html"]
            for path in names.map({ "\(folder)/\($0)" }) + ["/console/0000000000000000/app.js"] {
                let response = try await client.call(.get, path)
                #expect(response.status == .notFound, "\(path)")
            }
        }
    }

    @Test func theRootLeadsToTheConsole() async throws {
        try await TestServer().test { client in
            let response = try await client.call(.get, "/")
            #expect(response.status == .seeOther && response.headers[.location] == "/console")
        }
    }

    @Test func whatTheBrowserHasIsNotSentAgain() async throws {
        try await TestServer().test { client in
            for path in ["/console", try await assetFolder(client) + "/app.js"] {
                let first = try await client.call(.get, path)
                let tag = try #require(first.headers[.eTag])
                for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                    let again = try await client.call(.get, path, headers: [.ifNoneMatch: known])
                    #expect(again.status == .notModified && again.body.readableBytes == 0, "\(path) \(known)")
                    #expect(again.headers[.contentSecurityPolicy] != nil)
                }
                let other = try await client.call(.get, path, headers: [.ifNoneMatch: "\"x\""])
                #expect(other.status == .ok)
            }
        }
    }

    @Test func nothingFromElsewhereIsAllowed() async throws {
        try await TestServer().test { client in
            for path in ["/console", try await assetFolder(client) + "/app.js"] {
                let headers = try await client.call(.get, path).headers
                let policy = try #require(headers[.contentSecurityPolicy])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
                #expect(policy.contains("frame-ancestors 'none'"))
                #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
                #expect(headers[.xContentTypeOptions] == "nosniff")
                #expect(headers.first { $0.name.canonicalName == "referrer-policy" }?.value == "no-referrer")
            }
        }
    }

    /// All that a browser needs for the first page, as it comes over the wire.
    @Test func theFirstPageIsSmall() async throws {
        let paths = try ConsoleFolder.files().keys.filter { $0 != "index.html" }
        try await TestServer().test { client in
            let folder = try await assetFolder(client)
            var bytes = 0
            for path in paths.map({ "\(folder)/\($0)" }) + ["/console"] {
                let response = try await client.call(.get, path, headers: [.acceptEncoding: "gzip, deflate, br"])
                #expect(response.headers[.contentEncoding] == "gzip" || response.body.readableBytes < 200, "\(path)")
                #expect(response.headers[.vary] == "Accept-Encoding")
                bytes += response.body.readableBytes
            }
            #expect(bytes < 100_000)
            for refusal in ["", "br", "gzip;q=0", "gzip ; q=0.000"] {
                let plain = try await client.call(.get, "/console", headers: [.acceptEncoding: refusal])
                #expect(plain.headers[.contentEncoding] == nil, "\(refusal)")
            }
        }
    }

    /// The page itself tells how far the reading is.
    @Test func theConsoleIsThereWhileTheLogIsRead() async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = .recovering(fraction: 0.428) }
        try await server.test { client in
            let script = try await assetFolder(client) + "/app.js"
            for (path, status) in [("/console", 200), (script, 200), ("/consoles", 503)] {
                let response = try await client.call(.get, path)
                #expect(response.status.code == status, "\(path)")
            }
        }
    }
}

/// The address of the files that the page names.
private func assetFolder(_ client: any TestClientProtocol) async throws -> String {
    let page = try await client.call(.get, "/console").text
    let match = try #require(page.firstMatch(of: #/"(/console/[0-9a-f]{16})/app\.js"/#))
    return String(match.output.1)
}
