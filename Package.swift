// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The allocator of the server, linked in whole where its development files are (docs/decisions/0019-allocator.md).
// Only the program gets it: tests count allocations, and sanitizers bring allocators of their own.
let allocator = "libjemalloc_pic.a"
let hasAllocator = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].contains {
    FileManager.default.fileExists(atPath: "\($0)/\(allocator)")
}

// The targets are the walls of docs/ARCHITECTURE.md: an import that is not listed here does not compile.
// Arrows point inward: front ends never import a storage engine or each other; only RoostServer knows everything.
let package = Package(
    name: "roost",
    products: [
        .executable(name: "roost", targets: ["roost"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The little C that there is: CRC32C in hardware, system calls that Swift cannot reach well.
        .target(name: "CRoost"),

        // The files of the console, in the binary.
        .target(name: "CConsole", exclude: ["assets"], linkerSettings: [.linkedLibrary("z")]),

        // Pure targets: no NIO, no Foundation, no clock, no disk, no network.
        .target(name: "RoostModel"),
        .target(name: "RoostCore", dependencies: ["RoostModel"]),
        .target(name: "RoostLog", dependencies: ["RoostModel", "CRoost"]),
        .target(name: "RoostStorage", dependencies: ["RoostModel"]),

        // The wire format of Redis, both directions. Pure.
        .target(name: "RESP", dependencies: ["RoostModel"]),

        // Which web pages may speak to the two HTTP ports. Pure.
        .target(name: "HTTPGuard"),

        // The embedded engine: core, log and clock meet here and only here.
        .target(
            name: "RoostLocalStorage",
            dependencies: ["RoostModel", "RoostCore", "RoostLog", "RoostStorage", "CRoost"]
        ),

        // Crashes, faults and damage in memory, from a seed: the real engine on a virtual disk, beside a model.
        .target(
            name: "RoostSimulator",
            dependencies: ["RoostModel", "RoostCore", "RoostLog", "RoostStorage", "RoostLocalStorage"]
        ),

        // What the connections of several front ends are made of.
        .target(
            name: "Connections",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),

        // Front ends: a protocol each, over the Storage protocol.
        .target(
            name: "SQSFrontend",
            dependencies: [
                "RoostModel", "RoostStorage", "HTTPGuard", "Connections",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .target(
            name: "HTTPFrontend",
            dependencies: [
                "RoostModel", "RoostStorage", "HTTPGuard", "CConsole",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),

        .target(
            name: "RedisFrontend",
            dependencies: [
                "RoostModel", "RoostStorage", "RESP", "Connections",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        // Composition: configuration, wiring, signals.
        .target(
            name: "RoostServer",
            dependencies: [
                "RoostModel", "RoostStorage", "RoostLocalStorage", "RoostLog", "SQSFrontend", "HTTPFrontend",
                "RedisFrontend", "HTTPGuard",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        // The command line: a library, so that its parts can be tested, and a main of a few lines.
        .target(
            name: "RoostCommand",
            dependencies: [
                "RoostModel", "RoostServer", "RoostSimulator", "RoostStorage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .executableTarget(
            name: "roost", dependencies: ["RoostCommand"],
            linkerSettings: hasAllocator ? [.linkedLibrary(":\(allocator)")] : []
        ),

        .testTarget(name: "RoostModelTests", dependencies: ["RoostModel"]),
        .testTarget(name: "RoostCoreTests", dependencies: ["RoostCore", "RoostModel", "CAllocationCounter"]),
        .testTarget(name: "RoostLogTests", dependencies: ["RoostLog", "CRoost"], exclude: ["Fixtures"]),
        .testTarget(
            name: "RoostLocalStorageTests",
            dependencies: ["RoostLocalStorage", "RoostStorage", "RoostLog", "RoostCore", "RoostModel"],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "RoostSimulatorTests", dependencies: ["RoostSimulator", "RoostLog"]),
        .testTarget(
            name: "SQSFrontendTests",
            dependencies: [
                "SQSFrontend", "HTTPGuard", "RoostModel", "RoostStorage", "Connections",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "HTTPFrontendTests",
            dependencies: [
                "HTTPFrontend", "HTTPGuard", "RoostModel", "RoostStorage",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "RedisFrontendTests",
            dependencies: [
                "RedisFrontend", "RESP", "RoostModel", "RoostStorage",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "HTTPGuardTests", dependencies: ["HTTPGuard"]),
        .testTarget(name: "RESPTests", dependencies: ["RESP", "RoostModel"]),
        // Stands in for malloc in the test binary, to count allocations.
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(
            name: "RoostServerTests",
            dependencies: [
                "RoostModel", "RoostServer", "RoostLocalStorage", "RoostStorage", "SQSFrontend", "CAllocationCounter",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "RoostCommandTests",
            dependencies: [
                "RoostCommand", "RoostServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "TidyTests"),
    ]
)

// One settings list for all Swift targets.
for target in package.targets where !["CRoost", "CConsole", "CAllocationCounter"].contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
