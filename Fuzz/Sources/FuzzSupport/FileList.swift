package import FuzzRunner
package import RoostLog

/// Files of a log directory, written short: the zeros behind a header and at the end of a segment are left out.
///
///     file   kind u8 | number u16 | size u16, in units of 8 bytes (segments only) | bytes u16 | content
package enum FileList {
    private static let countMax = 8

    package static func decode(_ source: inout ByteSource) -> [(file: LogFile, bytes: [UInt8])] {
        var files: [(file: LogFile, bytes: [UInt8])] = []
        while files.count < countMax, !source.isEmpty {
            let kind = source.byte()
            let number: UInt16 = source.number()
            let size = Int(source.number(UInt16.self) & 0xFFF) * 8
            let content = source.take(Int(source.number(UInt16.self)))
            guard let file = file(kind, number) else { continue }
            files.append((file, expand(content, to: kind == 1 ? 0 : size)))
        }
        return files
    }

    private static func file(_ kind: UInt8, _ number: UInt16) -> LogFile? {
        switch kind % 6 {
        case 0: number > 0 ? .segment(UInt32(number)) : nil
        case 1: .snapshot(UInt64(number))
        case 2: number > 0 ? .torn(UInt32(number), copy: 1) : nil
        case 3: .damagedSnapshot(UInt64(number), copy: 1)
        case 4: number > 0 ? .preparing(UInt32(number)) : nil
        default: .preparingSnapshot(UInt64(number))
        }
    }

    private static func expand(_ content: [UInt8], to size: Int) -> [UInt8] {
        let header = content.prefix(64)
        var bytes = Array(header)
        if content.count > 64 { bytes += [UInt8](repeating: 0, count: 448) + content[64...] }
        if bytes.count < size { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
        return bytes
    }

    /// nil: files of this kind, or so large ones, have no place in an input.
    package static func encode(_ file: LogFile, _ bytes: [UInt8]) -> [UInt8]? {
        let (kind, number): (UInt8, UInt64) =
            switch file {
            case .segment(let number): (0, UInt64(number))
            case .snapshot(let sequence): (1, sequence)
            case .torn(let number, _): (2, UInt64(number))
            default: (255, 0)
            }
        var content = Array(bytes.prefix(64))
        if bytes.count > 512 { content += bytes[512...] }
        if kind != 1 { content = Array(content.prefix((content.lastIndex { $0 != 0 } ?? -1) + 1)) }
        guard kind != 255, number <= UInt16.max, content.count <= UInt16.max else { return nil }
        var encoded: [UInt8] = [kind]
        encoded.append(littleEndian: UInt16(number))
        encoded.append(littleEndian: UInt16(min(bytes.count / 8, 0xFFF)))
        encoded.append(littleEndian: UInt16(content.count))
        return encoded + content
    }
}

extension MemoryDisk {
    /// All files, by name.
    package var allFiles: [(file: LogFile, bytes: [UInt8])] {
        ((try? list()) ?? []).map { ($0.file, contents($0.file) ?? []) }
    }
}

/// The golden logs in a folder, one list of files for each.
package func goldenLogs(_ fixtures: String) -> [[(file: LogFile, bytes: [UInt8])]] {
    names(in: fixtures).filter { !$0.hasPrefix(".") }.map { folder in
        names(in: fixtures + "/" + folder).compactMap { name in
            guard let file = LogFile(name: name), let bytes = contents(of: "\(fixtures)/\(folder)/\(name)") else {
                return nil
            }
            return (file, bytes)
        }
    }
}
