import FuzzRunner
import FuzzSupport
import Glibc
import RoostLog
import RoostModel

// Names from a directory and from requests: what is taken for a name is written back as the same name.
exit(
    runFuzzer(seeds: { fixtures in
        let files = goldenLogs(fixtures).flatMap { $0 }.map { Array($0.file.name.utf8) }
        let more = [
            "00000012.log.torn-34.preparing", "snapshot-18446744073709551615.image.damaged-65535", "RESERVE", "a_b-1",
        ]
        return files + more.map { Array($0.utf8) }
    }) { bytes, count in
        let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        if let file = LogFile(name: text) { precondition(file.name == text) }
        if let name = try? QueueName(text) { precondition(name.text == text) }
        return 0
    })
