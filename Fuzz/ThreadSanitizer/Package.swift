// swift-tools-version: 6.2
import PackageDescription

// The engine and the log with their tests, for scripts/tsan. Not the main package: one test program holds the tests of
// all targets there, and Tests/CAllocationCounter, which stands in for malloc in it, does not go together with the
// sanitizer's own.
let package = Package(
    name: "roost-tsan",
    targets: [
        .target(name: "CRoost"),
        .target(name: "RoostModel"),
        .target(name: "RoostCore", dependencies: ["RoostModel"]),
        .target(name: "RoostLog", dependencies: ["RoostModel", "CRoost"]),
        .target(name: "RoostStorage", dependencies: ["RoostModel"]),
        .target(
            name: "RoostLocalStorage",
            dependencies: ["RoostModel", "RoostCore", "RoostLog", "RoostStorage", "CRoost"]),
        .testTarget(name: "RoostLogTests", dependencies: ["RoostLog", "CRoost"], exclude: ["Fixtures"]),
        .testTarget(
            name: "RoostLocalStorageTests",
            dependencies: ["RoostLocalStorage", "RoostStorage", "RoostLog", "RoostCore", "RoostModel"]),
    ]
)

for target in package.targets where target.name != "CRoost" {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
