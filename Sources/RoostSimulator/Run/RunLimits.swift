import RoostLog

/// The configuration of one run: small numbers, so that short histories meet every limit.
struct RunLimits: Sendable {
    var segmentBytes = 16_384
    var batchBytesMax = 65_536
    var batchAlignment = 512
    var preparedSegments = 1
    var syncPolicy = SyncPolicy.always
    var messageBytesMax = 8_000
    var cacheBytes = 65_536
    var memoryBytesMax: Int?
    var snapshotGrowthBytesMin = 32_768
    var brokenRule: BrokenRule?
    var pace = VirtualDisk.Pace()
    var cachedPercent = 0

    init() {}

    /// A tick needs room for a thousand slots, whatever there is to do: below 8 KiB none ever fits.
    init(_ dice: inout Dice) {
        segmentBytes = dice.pick([8192, 8192, 12_288, 16_384, 16_384, 32_768, 65_536, 65_536, 262_144])
        if dice.oneIn(60) { segmentBytes = 1_048_576 }
        batchBytesMax = dice.pick([1, 2048, 8192, 65_536, 16_777_216, 16_777_216])
        batchAlignment = segmentBytes > 8192 && dice.oneIn(12) ? 4096 : 512
        preparedSegments = dice.pick([1, 1, 1, 2, 3])
        syncPolicy = dice.oneIn(16) ? dice.pick([.interval, .off]) : .always
        // What is left of a segment beside its header, and half of it for the largest message, as the server has it.
        messageBytesMax = min(20_480, segmentBytes / 2)
        cacheBytes = dice.pick([0, 0, 4096, 65_536, 131_072, 1_048_576, 268_435_456])
        memoryBytesMax = dice.oneIn(25) ? dice.pick([150_000, 300_000, 1_000_000]) : nil
        snapshotGrowthBytesMin = dice.pick([1, 1024, 4096, 4096, 16_384, 65_536, 1 << 30])
        cachedPercent = dice.pick([0, 0, 50])
        switch dice.below(6) {
        case 0: pace = VirtualDisk.Pace(microseconds: 200)
        case 1: pace = VirtualDisk.Pace(microseconds: 50, stallEvery: 20, stallMilliseconds: 1500)
        default: pace = VirtualDisk.Pace()
        }
    }

    var text: String {
        "segments of \(segmentBytes) bytes, \(preparedSegments) ahead, batches of \(batchBytesMax), alignment"
            + " \(batchAlignment), sync \(syncPolicy), messages of \(messageBytesMax), cache \(cacheBytes), memory"
            + " \(memoryBytesMax.map(String.init) ?? "unlimited"), snapshots each \(snapshotGrowthBytesMin)"
    }
}
