import FuzzRunner
import FuzzSupport
import Glibc
import RoostLocalStorage
import RoostLog

/// In memory if there is such a folder: a start syncs files.
private let path = (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/roost-fuzz-identity-\(getpid())"

/// The checksum at the end fits, so that an input gets behind it: FNV-1a over the first 48 bytes.
private func mend(_ bytes: inout [UInt8]) {
    guard bytes.count == 56 else { return }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes[..<48] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    bytes.store(hash, at: 48)
}

private func write(_ bytes: [UInt8]) {
    guard let file = fopen(path + "/IDENTITY", "w") else { preconditionFailure("no directory for the test") }
    precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count && fclose(file) == 0)
}

/// The directory as before the first start.
private func clear() {
    for name in names(in: path + "/log")
    where name.hasSuffix(".log") || name.hasSuffix(".preparing") || name == "RESERVE" {
        unlink(path + "/log/" + name)
    }
    unlink(path + "/IDENTITY.new")
}

atexit {
    clear()
    unlink(path + "/log/LOCK")
    unlink(path + "/IDENTITY")
    rmdir(path + "/log")
    rmdir(path)
}

// The file IDENTITY, through a start of the engine on a real directory. First byte: whether the checksum is mended.
exit(
    runFuzzer(seeds: { _ in
        var bytes = Array("ROOSTID1".utf8)
        bytes.append(littleEndian: UInt32(1))
        bytes.append(littleEndian: UInt32(0))
        bytes += (0..<40).map { UInt8($0) }
        return [[1] + bytes]
    }) { bytes, count in
        var source = ByteSource(bytes, count)
        let isMended = source.byte() & 1 == 1
        var identity = source.rest()
        if isMended { mend(&identity) }
        mkdir(path, 0o700)
        write(identity)
        var configuration = LocalStorageConfiguration()
        configuration.log.segmentBytes = 8192
        configuration.messageBytesMax = 4096
        let storage = try? LocalStorage.open(
            directory: DataDirectory(path: path), configuration: configuration, progress: { _ in }, onNotice: { _ in })
        if storage != nil { clear() }
        return 0
    })
