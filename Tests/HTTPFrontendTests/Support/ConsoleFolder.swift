import Foundation

/// The files of the console in the repository.
enum ConsoleFolder {
    /// Texts by their path below `Sources/CConsole/assets`.
    static func files() throws -> [String: String] {
        // <root>/Tests/HTTPFrontendTests/Support/ConsoleFolder.swift
        let root = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
        let folder = root.appending(path: "Sources/CConsole/assets")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let names = paths.filter { $0.split(separator: "/").last?.contains(".") == true }
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, try String(contentsOf: folder.appending(path: name), encoding: .utf8))
            })
    }

    static func type(of path: String) -> String {
        let types = ["js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"]
        return types[path.split(separator: ".").last.map(String.init) ?? ""] ?? "none"
    }
}
