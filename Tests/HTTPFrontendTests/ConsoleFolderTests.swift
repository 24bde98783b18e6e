import Foundation
import Testing

/// Rules for the files of the console that a browser cannot check.
@Suite struct ConsoleFolderTests {
    /// Bodies, names and errors are hostile: there must be no way in which a text becomes HTML, a script or a style.
    @Test(arguments: [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment",
        "eval(",
        "new Function", "setTimeout('", "srcdoc", "javascript:", "setHTML", "import(", "importScripts",
    ])
    func noTextBecomesCode(way: String) throws {
        for (path, text) in try ConsoleFolder.files() {
            #expect(!text.contains(way), "\(path) has \(way)")
        }
    }

    @Test func nothingComesFromElsewhere() throws {
        for (path, text) in try ConsoleFolder.files() {
            let foreign = text.matches(of: #/https?:\/\/[a-z0-9.]+/#).map { String($0.output) }
            let known = ["http://www.w3.org", "http://127.0.0.1"]
            #expect(foreign.filter { !known.contains($0) } == [], "\(path)")
            let isStyle = path.hasSuffix(".css")
            #expect(!isStyle || !(text.contains("@import") || text.contains("url(")), "\(path)")
        }
    }

    /// `style` and `on...` attributes are refused by the content security policy.
    @Test func thePageHasNothingInline() throws {
        let page = try #require(try ConsoleFolder.files()["index.html"])
        #expect(page.matches(of: #/\s(style|on[a-z]+)=/#).isEmpty)
        #expect(page.matches(of: #/<script(?![^>]*\ssrc=)/#).isEmpty)
    }

    @Test func everyImportLeadsToAFile() throws {
        let files = try ConsoleFolder.files()
        for (path, text) in files {
            let folder = path.split(separator: "/").dropLast()
            for match in text.matches(of: #/from '(\.\.?/[^']+)'/#) {
                let target = match.output.1.split(separator: "/").reduce(folder) { parts, part in
                    part == ".." ? parts.dropLast() : part == "." ? parts : parts + [part]
                }
                #expect(files[target.joined(separator: "/")] != nil, "\(path) imports \(match.output.1)")
            }
        }
    }

    /// What is meant to be read, on what it stands: 4.5 to 1 as WCAG 2.2 asks for text, 3 to 1 for edges and shapes.
    @Test(arguments: [
        ("ink", "paper", 7.0), ("ink", "surface", 7.0), ("ink", "sunken", 7.0), ("quiet", "paper", 4.5),
        ("quiet", "surface", 4.5), ("quiet", "sunken", 4.5), ("accent", "paper", 4.5), ("accent", "surface", 4.5),
        ("on-accent", "accent", 4.5), ("ink", "accent-soft", 7.0), ("ok", "surface", 4.5), ("ok", "sunken", 4.5),
        ("warn", "warn-soft", 4.5), ("crit", "crit-soft", 4.5), ("crit", "surface", 4.5), ("on-crit", "crit", 4.5),
        ("quiet", "warn-soft", 4.5), ("ink", "warn-soft", 4.5), ("in-flight", "surface", 4.5),
        ("delayed", "surface", 4.5),
        ("edge", "surface", 3.0), ("edge", "paper", 3.0), ("focus", "paper", 3.0), ("focus", "surface", 3.0),
        ("ready", "surface", 3.0), ("buried", "surface", 3.0), ("damaged", "surface", 3.0), ("paper", "ink", 7.0),
    ])
    func coloursCanBeToldApart(above: String, below: String, ratio: Double) throws {
        let tokens = try Tokens(try #require(try ConsoleFolder.files()["tokens.css"]))
        for theme in Tokens.Theme.allCases {
            let (first, second) = (try tokens.luminance(above, theme), try tokens.luminance(below, theme))
            let contrast = (max(first, second) + 0.05) / (min(first, second) + 0.05)
            #expect(contrast >= ratio, "\(above) on \(below), \(theme): \(contrast)")
        }
    }
}

/// The colours of `tokens.css`.
private struct Tokens {
    enum Theme: Int, CaseIterable {
        case light, dark
    }

    struct UnknownToken: Error {
        var name: String
    }

    private var colours: [String: [[Double]]] = [:]

    init(_ css: String) throws {
        for match in css.matches(of: #/--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)/#) {
            colours[String(match.output.1)] = [match.output.2, match.output.3].map(Self.channels)
        }
    }

    private static func channels(_ digits: Substring) -> [Double] {
        let value = Int(digits, radix: 16) ?? 0
        return [value >> 16, (value >> 8) & 255, value & 255].map { Double($0) / 255 }
    }

    /// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    func luminance(_ name: String, _ theme: Theme) throws -> Double {
        guard let colour = colours[name]?[theme.rawValue] else { throw UnknownToken(name: name) }
        let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
}
