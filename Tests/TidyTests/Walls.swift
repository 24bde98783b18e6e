/// Which modules a target may import. Package.swift holds most of this already; here stands what it cannot say:
/// system modules, and the reason why an arrow points one way only.
struct Wall: Sendable {
    /// The modules allowed, for a target that is closed; nil when only `forbidden` counts.
    var allowed: Set<String>?
    /// Allowed in files whose name contains `Disk` only: there the machine begins.
    var allowedInDiskFiles: Set<String> = []
    /// Modules forbidden, by the beginning of their name.
    var forbidden: [String] = []

    /// Nothing but the modules named.
    static func closed(_ modules: String..., disk: Set<String> = []) -> Wall {
        Wall(allowed: Set(modules), allowedInDiskFiles: disk)
    }

    static func open(except modules: [String]) -> Wall {
        Wall(allowed: nil, forbidden: modules)
    }

    func permits(_ module: String, in fileName: String) -> Bool {
        if let allowed {
            let isDisk = fileName.contains("Disk") && allowedInDiskFiles.contains(module)
            return allowed.contains(module) || isDisk
        }
        return !forbidden.contains { module.hasPrefix($0) }
    }
}

enum WallRules {
    private static let engines = ["RoostCore", "RoostLog", "RoostLocalStorage"]
    private static let heavy = ["Foundation", "NIO", "Hummingbird"]

    /// A new target has to be entered here, with its place in the house.
    static let walls: [String: Wall] = [
        // Pure: values, state machines, protocols.
        "RoostModel": .closed(),
        "RoostCore": .closed("RoostModel"),
        "RoostLog": .closed("RoostModel", "CRoost", disk: ["Glibc", "Synchronization"]),
        "RoostStorage": .closed("RoostModel", "Synchronization"),
        "HTTPGuard": .closed(),
        "RESP": .closed("RoostModel"),
        // The engine: the only place where core, log and clock meet.
        "RoostLocalStorage": .open(except: heavy + ["SQSFrontend", "HTTPFrontend", "RoostServer"]),
        // The engine again, on a disk and a clock that a seed rules.
        "RoostSimulator": .open(except: heavy + ["Dispatch", "SQSFrontend", "HTTPFrontend", "RoostServer"]),
        // Front ends: no engine, and not each other.
        "Connections": .closed("Logging", "NIOCore"),
        "SQSFrontend": .open(
            except: engines + ["HTTPFrontend", "RedisFrontend", "RoostServer", "Foundation", "Hummingbird"]),
        "RedisFrontend": .open(
            except: engines + ["SQSFrontend", "HTTPFrontend", "RoostServer", "Foundation", "Hummingbird"]),
        "HTTPFrontend": .open(except: engines + ["SQSFrontend", "RedisFrontend", "RoostServer"]),
        // Composition knows everything; the command line knows the server and the protocols from outside.
        "RoostServer": .open(except: ["RoostCommand"]),
        "RoostCommand": .open(except: engines + ["SQSFrontend", "HTTPFrontend"]),
        "roost": .open(except: engines + ["SQSFrontend", "HTTPFrontend"]),
    ]

    static func importAcrossWall(_ file: SourceFile) -> [Violation] {
        guard file.language == .swift else { return [] }
        return file.codeLines.enumerated().compactMap { index, line in
            guard let found = Import(line) else { return nil }
            return refusal(of: found, in: file).map {
                Violation(rule: .importAcrossWall, path: file.path, line: index + 1, subject: found.module, message: $0)
            }
        }
    }

    private static func refusal(of found: Import, in file: SourceFile) -> String? {
        // Tests see what the package sees.
        if found.isTestable { return "@testable import: use package access" }
        guard let target = file.target else { return nil }
        guard let wall = walls[target] else { return "the target \(target) has no entry in WallRules.walls" }
        return wall.permits(found.module, in: file.name) ? nil : "\(target) must not import \(found.module)"
    }
}

/// An import declaration on one line.
struct Import: Equatable {
    var module: String
    var isTestable: Bool

    /// Nil when the line is none.
    init?(_ line: String) {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let access: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
        var words = line.split(separator: " ").map(String.init)[...]
        let attributes = words.prefix { $0.hasPrefix("@") }
        words = words.dropFirst(attributes.count)
        if let word = words.first, access.contains(word) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let word = words.first, kinds.contains(word) { words.removeFirst() }
        guard let path = words.first else { return nil }
        module = String(path.prefix { $0 != "." })
        isTestable = attributes.contains("@testable")
    }
}
