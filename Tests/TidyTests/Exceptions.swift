/// Everything that may break a rule, each with its reason. One that covers nothing any more fails the tidy test.
let exceptions: [TidyException] = [
    TidyException(
        rule: .clockOrRandomness, path: "Sources/RoostLog/MemoryDisk+Faults.swift", subject: ".random(",
        reason: "a crash chooses names with a generator whose seed is passed in"),
    TidyException(
        rule: .clockOrRandomness, path: "Sources/RoostLog/MemoryFile.swift", subject: ".random(",
        reason: "a crash chooses sectors with a generator whose seed is passed in"),
    TidyException(
        rule: .importAcrossWall, path: "Sources/RoostLog/ZeroCheck.swift", subject: "Glibc",
        reason: "memcmp of the C library: recovery looks at every byte of the segments"),
]
