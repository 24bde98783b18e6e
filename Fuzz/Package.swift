// swift-tools-version: 6.2
import PackageDescription

// libFuzzer for everything that decodes bytes from a disk or a network. The code under test is that of the main
// package: its targets have no products, so the folders are linked here, and compiled again with instrumentation.
let sanitizers = "fuzzer,address"

let package = Package(
    name: "roost-fuzz",
    targets: [
        .target(name: "CRoost"),
        .target(name: "RoostModel"),
        .target(name: "RoostCore", dependencies: ["RoostModel"]),
        .target(name: "RoostLog", dependencies: ["RoostModel", "CRoost"]),
        .target(name: "RoostStorage", dependencies: ["RoostModel"]),
        .target(
            name: "RoostLocalStorage",
            dependencies: ["RoostModel", "RoostCore", "RoostLog", "RoostStorage", "CRoost"]),
        // The readers of requests alone: they need no NIO. Files are linked one by one.
        .target(name: "SQSFrontend", dependencies: ["RoostModel"]),

        .target(name: "RESP", dependencies: ["RoostModel"]),

        .target(name: "CFuzzer"),
        .target(
            name: "FuzzSupport",
            dependencies: [
                "RoostModel", "RoostCore", "RoostLog", "RoostStorage", "RoostLocalStorage", "CRoost", "CFuzzer",
            ]),
        .executableTarget(
            name: "fuzz-log",
            dependencies: ["FuzzSupport", "RoostLocalStorage", "RoostLog", "RoostCore", "RoostModel"]),
        .executableTarget(name: "fuzz-snapshot", dependencies: ["FuzzSupport", "RoostLog", "RoostModel"]),
        .executableTarget(name: "fuzz-image", dependencies: ["FuzzSupport", "RoostCore", "RoostModel"]),
        .executableTarget(name: "fuzz-entries", dependencies: ["FuzzSupport", "RoostCore", "RoostModel"]),
        .executableTarget(name: "fuzz-record", dependencies: ["FuzzSupport", "RoostCore", "RoostLog", "RoostModel"]),
        .executableTarget(name: "fuzz-identity", dependencies: ["FuzzSupport", "RoostLocalStorage", "RoostLog"]),
        .executableTarget(name: "fuzz-names", dependencies: ["FuzzSupport", "RoostLog", "RoostModel"]),
        .executableTarget(name: "fuzz-json", dependencies: ["FuzzSupport", "SQSFrontend"]),
        .executableTarget(name: "fuzz-query", dependencies: ["FuzzSupport", "SQSFrontend"]),
        .executableTarget(name: "fuzz-signature", dependencies: ["FuzzSupport", "SQSFrontend"]),
        .executableTarget(name: "fuzz-policy", dependencies: ["FuzzSupport", "SQSFrontend"]),
        .executableTarget(name: "fuzz-resp", dependencies: ["FuzzSupport", "RESP", "RoostModel"]),
        .executableTarget(name: "fuzz-dump", dependencies: ["FuzzSupport", "RESP", "RoostModel"]),
        .executableTarget(name: "fuzz-sealing", dependencies: ["FuzzSupport", "RoostCore", "RoostModel"]),
    ]
)

for target in package.targets {
    guard !["CRoost", "CFuzzer"].contains(target.name) else {
        target.cSettings = [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
        continue
    }
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .unsafeFlags(["-sanitize=\(sanitizers)"]),
    ]
    if target.type == .executable {
        target.linkerSettings = [.unsafeFlags(["-sanitize=\(sanitizers)", "-use-ld=lld"])]
    }
}
