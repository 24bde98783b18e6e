import RoostLog
import Testing

@Suite struct LogFileTests {
    @Test(arguments: [
        (LogFile.segment(1), "00000001.log"),
        (.segment(16_777_215), "16777215.log"),
        (.preparing(20), "00000020.log.preparing"),
        (.torn(3, copy: 12), "00000003.log.torn-12"),
        (.preparingTorn(3, copy: 1), "00000003.log.torn-1.preparing"),
        (.snapshot(0), "snapshot-00000000000000000000.image"),
        (.snapshot(.max), "snapshot-18446744073709551615.image"),
        (.preparingSnapshot(42), "snapshot-00000000000000000042.image.preparing"),
        (.damagedSnapshot(42, copy: 7), "snapshot-00000000000000000042.image.damaged-7"),
        (.reserve, "RESERVE"),
    ])
    func namesReadBack(_ file: LogFile, _ name: String) {
        #expect(file.name == name)
        #expect(LogFile(name: name) == file)
    }

    @Test(arguments: [
        "", "LOCK", "IDENTITY", "1.log", "00000000.log", "16777216.log", "+0000001.log", "00000001.log.bak",
        "00000001.LOG", "00000001.log.torn-", "00000001.log.torn-01", "00000001.log.torn--1", "00000001.log.", ".log",
        "snapshot-42.image", "snapshot-00000000000000000042", "snapshot-00000000000000000042.image.damaged-",
        "snapshot-00000000000000000042.image.damaged-1.preparing", "snapshot-+0000000000000000042.image",
        "snapshot-00000000000000000042.image.torn-1", "00000001.log.damaged-1", "RESERVE.preparing", "reserve",
        "00000001.log.preparing.preparing", "00000001.txt", "00000001.log~",
    ])
    func otherNamesAreNotOurs(_ name: String) {
        #expect(LogFile(name: name) == nil)
    }
}
