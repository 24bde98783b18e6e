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
        // What all targets need. It brings no other code along: libFuzzer looks through the counters of all that is
        // linked after each run.
        .target(name: "FuzzRunner", dependencies: ["CFuzzer"]),
        .target(
            name: "FuzzSupport",
            dependencies: [
                "FuzzRunner", "RoostModel", "RoostCore", "RoostLog", "RoostStorage", "RoostLocalStorage", "CRoost",
            ]),
        .executableTarget(
            name: "fuzz-log",
            dependencies: ["FuzzRunner", "FuzzSupport", "RoostLocalStorage", "RoostLog", "RoostCore", "RoostModel"]),
        .executableTarget(
            name: "fuzz-snapshot", dependencies: ["FuzzRunner", "FuzzSupport", "RoostLog", "RoostModel"]),
        .executableTarget(name: "fuzz-image", dependencies: ["FuzzRunner", "FuzzSupport", "RoostCore", "RoostModel"]),
        .executableTarget(
            name: "fuzz-entries", dependencies: ["FuzzRunner", "FuzzSupport", "RoostCore", "RoostModel"]),
        .executableTarget(
            name: "fuzz-record", dependencies: ["FuzzRunner", "FuzzSupport", "RoostCore", "RoostLog", "RoostModel"]),
        .executableTarget(
            name: "fuzz-identity", dependencies: ["FuzzRunner", "FuzzSupport", "RoostLocalStorage", "RoostLog"]),
        .executableTarget(name: "fuzz-names", dependencies: ["FuzzRunner", "FuzzSupport", "RoostLog", "RoostModel"]),
        .executableTarget(name: "fuzz-json", dependencies: ["FuzzRunner", "SQSFrontend"]),
        .executableTarget(name: "fuzz-query", dependencies: ["FuzzRunner", "SQSFrontend"]),
        .executableTarget(name: "fuzz-signature", dependencies: ["FuzzRunner", "SQSFrontend"]),
        .executableTarget(name: "fuzz-policy", dependencies: ["FuzzRunner", "SQSFrontend"]),
        .executableTarget(name: "fuzz-resp", dependencies: ["FuzzRunner", "RESP", "RoostModel"]),
        .executableTarget(name: "fuzz-dump", dependencies: ["FuzzRunner", "RESP", "RoostModel"]),
        .executableTarget(
            name: "fuzz-sealing", dependencies: ["FuzzRunner", "FuzzSupport", "RoostCore", "RoostModel"]),
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
