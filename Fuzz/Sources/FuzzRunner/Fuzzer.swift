import CFuzzer
import Glibc

/// Runs libFuzzer on `test`, with the arguments of the process.
///
/// With the arguments `--seeds FOLDER FIXTURES` it writes first inputs for the corpus into FOLDER instead; FIXTURES is
/// the folder of golden logs. A trap, a report of the address sanitizer, five seconds of one input, or too much memory
/// is a find.
///
/// With `--reach FOLDER…` it runs the inputs in these folders once and prints what they came to. `reaches`: what they
/// have to come to; exit code 3 says that something of it is missing.
package func runFuzzer(
    seeds: (_ fixtures: String) -> [[UInt8]], reaches: [String] = [],
    _ test: @escaping @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt {
    let given = CommandLine.arguments
    if given.count >= 3, given[1] == "--reach" { return reach(given[2...], reaches, test) }
    if given.count == 4, given[1] == "--seeds" {
        for (number, seed) in seeds(given[3]).enumerated() where !write(seed, to: "\(given[2])/seed-\(number)") {
            return 1
        }
        return 0
    }
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    return withUnsafeMutablePointer(to: &arguments) { LLVMFuzzerRunDriver(&count, $0, test) }
}

private func reach(
    _ folders: ArraySlice<String>, _ wanted: [String], _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt {
    Reach.counts = Dictionary(uniqueKeysWithValues: wanted.map { ($0, 0) })
    for folder in folders {
        for name in names(in: folder) {
            guard let bytes = contents(of: "\(folder)/\(name)") else { continue }
            _ = bytes.withUnsafeBufferPointer { test($0.baseAddress, $0.count) }
        }
    }
    let counts = (Reach.counts ?? [:]).sorted { $0.key < $1.key }
    for (name, count) in counts { print(count, name) }
    return counts.contains { $0.value == 0 } ? 3 : 0
}

private func write(_ bytes: [UInt8], to path: String) -> Bool {
    guard let file = fopen(path, "w") else { return false }
    defer { fclose(file) }
    return fwrite(bytes, 1, bytes.count, file) == bytes.count
}

/// The content of a file; nil when it cannot be read.
package func contents(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&part, 1, part.count, file)
        guard count > 0 else { return bytes }
        bytes += part[..<count]
    }
}

/// Names in a folder, sorted.
package func names(in path: String) -> [String] {
    guard let folder = opendir(path), let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        // In place: the entry ends behind its name, before the end of `dirent`.
        names.append(
            String(cString: UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)))
    }
    return names.sorted()
}

/// Ends the process with a text that says what is wrong: a find.
package func report(_ text: String) -> Never {
    let line = Array((text + "\n").utf8)
    _ = Glibc.write(2, line, line.count)
    abort()
}
