// swift-tools-version: 6.2
import PackageDescription

// The engine, the log and the front ends with their tests, for scripts/tsan. Not the main package: what is left out
// here, the command line and the simulator, runs on one thread and takes long under the sanitizer. docs is linked
// because tests read it.
let package = Package(
    name: "roost-tsan",
    dependencies: [
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CRoost"),
        .target(name: "RoostModel"),
        .target(name: "RoostCore", dependencies: ["RoostModel"]),
        .target(name: "RoostLog", dependencies: ["RoostModel", "CRoost"]),
        .target(name: "RoostStorage", dependencies: ["RoostModel"]),
        .target(name: "HTTPGuard"),
        .target(
            name: "RoostLocalStorage",
            dependencies: ["RoostModel", "RoostCore", "RoostLog", "RoostStorage", "CRoost"]),
        .target(
            name: "Connections",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(name: "RESP", dependencies: ["RoostModel"]),
        .target(
            name: "RedisFrontend",
            dependencies: [
                "RoostModel", "RoostStorage", "RESP", "Connections",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "SQSFrontend",
            dependencies: [
                "RoostModel", "RoostStorage", "HTTPGuard", "Connections",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(name: "CConsole", exclude: ["assets"], linkerSettings: [.linkedLibrary("z")]),
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
            ]),
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
            ]),
        .testTarget(name: "RoostLogTests", dependencies: ["RoostLog", "CRoost"], exclude: ["Fixtures"]),
        .testTarget(
            name: "RoostLocalStorageTests",
            dependencies: ["RoostLocalStorage", "RoostStorage", "RoostLog", "RoostCore", "RoostModel"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "SQSFrontendTests",
            dependencies: [
                "SQSFrontend", "HTTPGuard", "RoostModel", "RoostStorage", "Connections",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "RedisFrontendTests",
            dependencies: [
                "RedisFrontend", "RESP", "RoostModel", "RoostStorage",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
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
            ]),
        // Under the sanitizer it counts nothing, see there.
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(
            name: "RoostServerTests",
            dependencies: [
                "RoostModel", "RoostServer", "RoostLocalStorage", "SQSFrontend", "CAllocationCounter",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
    ]
)

for target in package.targets where !["CRoost", "CConsole", "CAllocationCounter"].contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
