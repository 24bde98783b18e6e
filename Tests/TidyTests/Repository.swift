import Foundation

/// A text file of the repository, with its path from the root.
struct SourceFile {
    enum Language {
        case swift, c, python, shell, markdown, other
    }

    let path: String
    let text: String
    /// Lines as written.
    let lines: [String]
    /// Lines with comments and the contents of string literals blanked; the same as `lines` where no mask exists.
    let codeLines: [String]
    let code: [UInt8]
    let language: Language

    init(path: String, text: String) {
        self.path = path
        self.text = text
        language = Self.language(of: path, text)
        code = CodeMask.masked(Array(text.utf8), language)
        lines = Self.splitLines(text)
        codeLines = Self.splitLines(String(decoding: code, as: UTF8.self))
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The folder below `Sources`, which is the name of the target; nil for everything else.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isCode: Bool { language != .markdown && language != .other }

    private static func splitLines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func language(of path: String, _ text: String) -> Language {
        let name = path.split(separator: "/").last ?? ""
        switch name.split(separator: ".").dropFirst().last {
        case "swift": return .swift
        case "c", "h": return .c
        case "py": return .python
        case "sh": return .shell
        case "md": return .markdown
        default: break
        }
        guard let shebang = text.split(separator: "\n").first, shebang.hasPrefix("#!") else { return .other }
        if shebang.contains("python") { return .python }
        return shebang.hasSuffix("sh") ? .shell : .other
    }
}

/// The tree that this file is part of.
struct Repository {
    let root: URL
    let files: [SourceFile]

    /// Read once for all tests.
    static let current = Repository(root: findRoot())

    /// Folders that hold what is built, fetched or run, never what is written.
    private static let skippedFolders: Set<String> = ["__pycache__", "roost-data", "node_modules"]

    init(root: URL) {
        self.root = root
        files = Self.paths(below: root).compactMap { Self.read($0, below: root) }
    }

    /// Whether `path`, counted from the root, is a file or a folder.
    func contains(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// `ROOST_TIDY_ROOT` names another tree, for a package that borrows these tests.
    private static func findRoot(file: String = #filePath) -> URL {
        if let path = ProcessInfo.processInfo.environment["ROOST_TIDY_ROOT"] {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        // <root>/Tests/TidyTests/Repository.swift
        return URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private static func paths(below root: URL) -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
        var paths: [String] = []
        while let path = walk.nextObject() as? String {
            let isFolder = walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
            if isFolder, isSkipped(path) {
                walk.skipDescendants()
            } else if !isFolder {
                paths.append(path)
            }
        }
        return paths.sorted()
    }

    private static func isSkipped(_ folder: String) -> Bool {
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        return skippedFolders.contains(name) || (name.hasPrefix(".") && name != ".ci")
    }

    private static func read(_ path: String, below root: URL) -> SourceFile? {
        guard path != "Package.resolved", !path.hasSuffix("/Package.resolved"),
            let data = FileManager.default.contents(atPath: root.appending(path: path).path),
            !data.contains(0), let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }
}
