// swift-tools-version: 6.2
import PackageDescription

// The yardsticks and the load generator of `scripts/bench`. A package of its own: the broker does not depend on it,
// and the yardsticks hold still (exact NIO version) while the broker changes.
let package = Package(
    name: "roost-benchmarks",
    products: [
        .executable(name: "yardstick", targets: ["Yardsticks"]),
        .executable(name: "sqsload", targets: ["LoadGenerator"]),
        .library(name: "slowsync", type: .dynamic, targets: ["CSlowSync"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2")
    ],
    targets: [
        // epoll and memmem, which the Glibc module leaves out.
        .target(name: "CEpoll"),
        // Preloaded into a server: a disk whose sync takes milliseconds.
        .target(name: "CSlowSync"),
        .executableTarget(
            name: "Yardsticks",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .executableTarget(name: "LoadGenerator", dependencies: ["CEpoll"]),
        .testTarget(name: "LoadGeneratorTests", dependencies: ["LoadGenerator"]),
    ]
)

for target in package.targets where !["CEpoll", "CSlowSync"].contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
