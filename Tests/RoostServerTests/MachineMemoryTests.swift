import Foundation
import RoostServer
import Testing

@Suite struct MachineMemoryTests {
    /// What a machine with these files under its root has.
    private func memory(_ files: [String: String]) throws -> Int? {
        let root = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return MachineMemory(root: root.path()).bytes
    }

    private static let machine = ["proc/meminfo": "MemTotal:        1000 kB\nMemFree:  7 kB\n"]

    @Test(
        arguments: [
            ([:], 1_024_000),
            (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "500000\n"], 500_000),
            (["proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "500000\n"], 500_000),
            // The group around it counts too.
            (
                [
                    "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
                    "sys/fs/cgroup/a/memory.max": "400000\n",
                ], 400_000
            ),
            // More than the machine has.
            (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "9999999999\n"], 1_024_000),
            (
                [
                    "proc/self/cgroup": "9:pids:/x\n4:cpu,memory:/a\n0::/\n",
                    "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "300000\n",
                    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                ], 300_000
            ),
            // In a container the path of the host does not exist.
            (
                [
                    "proc/self/cgroup": "4:memory:/docker/0123\n",
                    "sys/fs/cgroup/memory/memory.limit_in_bytes": "200000\n",
                ], 200_000
            ),
            (["proc/self/cgroup": "nonsense\n::\n0::/\n", "sys/fs/cgroup/memory.max": "-5\n"], 1_024_000),
        ] as [([String: String], Int)])
    func theSmallestLimitCounts(_ files: [String: String], _ bytes: Int) throws {
        #expect(try memory(files.merging(Self.machine) { $1 }) == bytes)
    }

    @Test func aSystemThatSaysNothingHasNoAnswer() throws {
        #expect(try memory([:]) == nil)
        #expect(try memory(["proc/meminfo": "MemTotal: 99999999999999999999 kB\n"]) == nil)
    }

    @Test func thisMachineHasMemory() {
        #expect((MachineMemory().bytes ?? 0) > 1 << 20)
    }
}
