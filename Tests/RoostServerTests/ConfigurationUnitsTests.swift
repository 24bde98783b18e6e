import RoostModel
import RoostServer
import Testing

@Suite struct ConfigurationUnitsTests {
    @Test(arguments: [
        ("0", 0), ("100", 100), ("100B", 100), ("4KiB", 4096), ("16MiB", 16_777_216), ("1GiB", 1_073_741_824),
    ])
    func sizes(_ text: String, _ bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: ["", "KiB", "1kb", "1 KiB", "-1", "1.5MiB", "٣", "9223372036854775807KiB", "1KiBB"])
    func noSizes(_ text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [(0, "0"), (1, "1"), (1024, "1KiB"), (1536, "1536"), (1 << 20, "1MiB"), (3 << 30, "3GiB")])
    func sizesAsText(_ bytes: Int, _ text: String) {
        #expect(ByteSize.text(bytes) == text)
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        ("0", 0), ("30", 30_000), ("30s", 30_000), ("250ms", 250), ("2m", 120_000), ("12h", 43_200_000),
        ("14d", 1_209_600_000),
    ])
    func times(_ text: String, _ milliseconds: Int64) {
        #expect(TimeSpan.parse(text) == Milliseconds(milliseconds))
    }

    @Test(arguments: ["", "s", "-1s", "1 s", "1w", "1.5h", "9223372036854775807d"])
    func noTimes(_ text: String) {
        #expect(TimeSpan.parse(text) == nil)
    }
}
