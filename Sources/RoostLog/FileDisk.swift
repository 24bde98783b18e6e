import CRoost
import Glibc
import Synchronization

/// A log in a directory of the file system. Files are for this user alone.
///
/// The directory is locked for as long as this object lives. A lock of the kernel's goes with the process, however it
/// ends, so there is never a stale one. It is on the directory itself, and on the file LOCK, which says who holds it:
/// somebody who removes that file lets no second process in.
package final class FileDisk: Disk {
    package let path: String
    private let directory: Int32
    private let lock: Int32
    /// Open for writing. A file is synced by the descriptor that wrote it: an error that the kernel met in between is
    /// reported there.
    private let descriptors = Mutex<[LogFile: Int32]>([:])
    private let readers = ReadDescriptors(limit: LogLimits.readDescriptorsMax)

    /// Makes the directory if it is not there; the one above must be.
    package init(path: String) throws(LogError) {
        self.path = path
        do throws(DiskError) { directory = try Self.openDirectory(path) } catch { throw .disk(error) }
        do throws(LogError) { lock = try Self.takeLock(directory, path) } catch {
            close(directory)
            throw error
        }
    }

    deinit {
        descriptors.withLock { for descriptor in $0.values { close(descriptor) } }
        close(lock)
        close(directory)
    }

    private static func openDirectory(_ path: String) throws(DiskError) -> Int32 {
        let isNew = mkdir(path, 0o700) == 0
        guard isNew || errno == EEXIST else { throw .last(.create, path) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last(.open, path) }
        if isNew {
            let parent = openat(descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(parent) }
            guard parent >= 0, fsync(parent) == 0 else { throw .last(.syncDirectory, path + "/..") }
        }
        return descriptor
    }

    private static func takeLock(_ directory: Int32, _ path: String) throws(LogError) -> Int32 {
        let file = path + "/LOCK"
        let descriptor = openat(directory, "LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .disk(.last(.open, file)) }
        let refusals = (croost_lock_file(descriptor), croost_lock_file(directory))
        guard refusals.0 != EWOULDBLOCK, refusals.1 != EWOULDBLOCK else {
            defer { close(descriptor) }
            throw .locked(directory: path, holder: holder(descriptor))
        }
        // There are file systems that lock no directories.
        guard refusals.0 == 0 else {
            defer { close(descriptor) }
            throw .disk(DiskError(.open, file, .system(refusals.0)))
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            defer { close(descriptor) }
            throw .disk(.last(.write, file))
        }
        return descriptor
    }

    private static func holder(_ lock: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(lock, &text, text.count, 0)
        let digits = text.prefix(max(0, count)).prefix { $0 >= 48 && $0 <= 57 }
        return digits.isEmpty ? "another process" : "process \(String(decoding: digits, as: UTF8.self))"
    }
}

// MARK: content

extension FileDisk {
    package func create(_ file: LogFile, bytes: Int) throws(DiskError) {
        // Always a new file: one whose sync failed once is never trusted again.
        guard unlinkat(directory, file.name, 0) == 0 || errno == ENOENT else { throw .last(.create, file.name) }
        readers.forget(file)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = openat(directory, file.name, flags, 0o600)
        guard descriptor >= 0 else { throw .last(.create, file.name) }
        do throws(DiskError) {
            try fillWithZeros(descriptor, file, bytes)
        } catch {
            close(descriptor)
            // Give the space back: the disk may be full.
            unlinkat(directory, file.name, 0)
            throw error
        }
        keep(descriptor, for: file)
    }

    private func fillWithZeros(_ descriptor: Int32, _ file: LogFile, _ bytes: Int) throws(DiskError) {
        // In one piece if possible, and a full disk is known before anything is written.
        let result = bytes > 0 ? posix_fallocate(descriptor, 0, bytes) : 0
        guard result == 0 || result == EOPNOTSUPP || result == EINVAL else {
            throw DiskError(.create, file.name, .system(result))
        }
        let zeros = LogBuffer(capacity: min(bytes, LogLimits.zeroStepBytes))
        defer { withExtendedLifetime(zeros) {} }
        zeros.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        var offset = 0
        while offset < bytes {
            let count = min(zeros.bytes.count, bytes - offset)
            try writeAll(UnsafeRawBufferPointer(zeros.bytes).part(0, count), descriptor, file, at: offset)
            guard fdatasync(descriptor) == 0 else { throw .last(.create, file.name) }
            offset += count
        }
        guard fsync(descriptor) == 0 else { throw .last(.create, file.name) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError) {
        let descriptor = try descriptor(file, .write)
        var done = 0
        if case .preparingSnapshot = file { done = try writeDirectly(bytes, descriptor, file, at: offset) }
        try writeAll(bytes.part(done, bytes.count), descriptor, file, at: offset + done)
    }

    /// Past the page cache, as far as there are whole blocks and the file system can: returns how much of it. Nobody
    /// reads a snapshot before the next start, the cache is for bodies, and a copy into new pages costs ten times as
    /// much processor time.
    private func writeDirectly(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ file: LogFile, at offset: Int
    ) throws(DiskError) -> Int {
        let block = LogLimits.diskBlockBytes
        let end = bytes.count / block * block
        guard offset % block == 0, end > 0, croost_set_direct(descriptor, true) == 0 else { return 0 }
        defer { _ = croost_set_direct(descriptor, false) }
        let buffer = LogBuffer(capacity: min(end, Self.directBytes), alignment: block)
        defer { withExtendedLifetime(buffer) {} }
        var done = 0
        while done < end {
            let part = bytes.part(done, min(end, done + buffer.bytes.count))
            buffer.bytes.copyMemory(from: part)
            let count = pwrite(descriptor, buffer.bytes.baseAddress, part.count, offset + done)
            if count < 0, errno == EINTR { continue }
            // Whoever takes no such memory or length may take another way.
            guard count >= 0 || errno == EINVAL else { throw .last(.write, file.name) }
            guard count == part.count else { return done + max(0, count) }
            done += count
        }
        return done
    }

    /// Memory below the size that the allocator gets from the system each time.
    private static var directBytes: Int { 65_536 }

    /// A short write goes on at its exact place; nothing is ever written at "the end".
    private func writeAll(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ file: LogFile, at offset: Int
    ) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw count < 0 ? .last(.write, file.name) : DiskError(.write, file.name, .system(EIO))
            }
            done += count
        }
    }

    package func sync(_ file: LogFile) throws(DiskError) {
        let descriptor = try descriptor(file, .sync)
        // No second try, whatever the error: the kernel may have dropped the pages and report success for nothing.
        guard fdatasync(descriptor) == 0 else { throw .last(.sync, file.name) }
        if case .segment(let number) = file { closeSegments(below: number) }
    }

    package func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
        let open = try reader(file)
        defer { withExtendedLifetime(open) {} }
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = pread(open.descriptor, rest.baseAddress, rest.count, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last(.read, file.name) }
            guard count > 0 else {
                throw DiskError(.read, file.name, .fileTooShort)
            }
            done += count
        }
    }

    package func readCached(
        _ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        let open = try reader(file)
        defer { withExtendedLifetime(open) {} }
        // Less than all, or any error: whoever reads it for good finds out what it was.
        return croost_read_cached(open.descriptor, bytes.baseAddress, bytes.count, offset) == bytes.count
    }

    package func truncate(_ file: LogFile, to bytes: Int, toReserve: Int) throws(DiskError) -> Int {
        let descriptor = try descriptor(file, .truncate)
        let before = toReserve > 0 ? blockBytes(file) : 0
        guard ftruncate(descriptor, bytes) == 0 else { throw .last(.truncate, file.name) }
        return toReserve > 0 ? growReserve(by: min(toReserve, before - blockBytes(file))) : 0
    }
}

// MARK: the reserve

extension FileDisk {
    /// What the file takes on the disk.
    private func blockBytes(_ file: LogFile) -> Int {
        var status = stat()
        return fstatat(directory, file.name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    package func allocate(_ file: LogFile, bytes: Int, leavingReserve: Int) throws(DiskError) -> Int {
        let descriptor = try descriptor(file, .allocate)
        let result = bytes > 0 ? posix_fallocate(descriptor, 0, bytes) : 0
        // Where space cannot be allocated, writes find out whether there is any.
        guard result == ENOSPC || result == EDQUOT else { return 0 }
        return allocate(descriptor, bytes, leavingReserve: leavingReserve)
    }

    /// Another process that writes at the same time gets what is free for a moment. So it is little at a time.
    private func allocate(_ descriptor: Int32, _ bytes: Int, leavingReserve: Int) -> Int {
        let reserve = openat(directory, LogFile.reserve.name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        defer { if reserve >= 0 { close(reserve) } }
        var status = stat()
        var rest = reserve >= 0 && fstat(reserve, &status) == 0 ? Int(status.st_size) - leavingReserve : 0
        var (length, given, used) = (0, 0, 0)
        var pieceMax = max(Self.pieceBytes, bytes / 16)
        while length < bytes, pieceMax >= Self.blockBytes {
            let piece = min(pieceMax, bytes - length)
            let result = posix_fallocate(descriptor, length, piece)
            if result == 0 {
                length += piece
                if given > 0 { used += piece }
                continue
            }
            let part = min(piece, rest)
            // The file system may need a little besides.
            guard result == ENOSPC || result == EDQUOT, part > 0, given <= bytes,
                ftruncate(reserve, rest - part + leavingReserve) == 0
            else { break }
            rest -= part
            given += part
            if part < piece { pieceMax = part / Self.blockBytes * Self.blockBytes }
        }
        return given - growReserve(by: given - used)
    }

    private static var pieceBytes: Int { 65_536 }

    /// By as much as there is space, in whole blocks. Returns by how much.
    private func growReserve(by wanted: Int) -> Int {
        guard wanted >= Self.blockBytes else { return 0 }
        let reserve = openat(directory, LogFile.reserve.name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard reserve >= 0 else { return 0 }
        defer { close(reserve) }
        var status = stat()
        guard fstat(reserve, &status) == 0 else { return 0 }
        let before = Int(status.st_size)
        var (grown, step) = (0, wanted)
        while step >= Self.blockBytes, grown < wanted {
            let count = min(step, wanted - grown)
            if posix_fallocate(reserve, before + grown, count) == 0 {
                grown += count
            } else {
                // It may have got a part.
                _ = ftruncate(reserve, before + grown)
                step = step / 2
            }
        }
        // Of use to the next start only, and that one takes what it finds.
        _ = fsync(reserve)
        return grown
    }

    private static var blockBytes: Int { 4096 }

    package func setReserve(bytes: Int) throws(DiskError) {
        let name = LogFile.reserve.name
        let descriptor = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .last(.reserve, name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last(.reserve, name) }
        let before = Int(status.st_size)
        // Also when it has the size: the file may have been copied as a hole.
        if bytes > 0, bytes >= before {
            let result = posix_fallocate(descriptor, 0, bytes)
            guard result == 0 else {
                // It may have got a part, and that part may be the last of the disk.
                _ = ftruncate(descriptor, before)
                throw DiskError(.reserve, name, .system(result))
            }
        } else if bytes < before {
            guard ftruncate(descriptor, bytes) == 0 else { throw .last(.reserve, name) }
        }
        guard fsync(descriptor) == 0, before > 0 || fsync(directory) == 0 else { throw .last(.reserve, name) }
    }
}

// MARK: names

extension FileDisk {
    package func list() throws(DiskError) -> [(file: LogFile, bytes: Int)] {
        let descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last(.list, path) }
        guard let stream = fdopendir(descriptor) else {
            defer { close(descriptor) }
            throw .last(.list, path)
        }
        defer { closedir(stream) }
        var found: [(file: LogFile, bytes: Int)] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let file = LogFile(name: name) { found.append((file, try size(file))) }
            errno = 0
        }
        guard errno == 0 else { throw .last(.list, path) }
        return found
    }

    private func size(_ file: LogFile) throws(DiskError) -> Int {
        var status = stat()
        guard fstatat(directory, file.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw .last(.list, file.name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DiskError(.list, file.name, .notARegularFile)
        }
        return Int(status.st_size)
    }

    package func rename(_ file: LogFile, to new: LogFile, toReserve: Int) throws(DiskError) -> Int {
        let bytes = toReserve > 0 ? blockBytes(new) : 0
        guard renameat(directory, file.name, directory, new.name) == 0 else { throw .last(.rename, file.name) }
        descriptors.withLock { table in
            if let replaced = table.removeValue(forKey: new) { close(replaced) }
            guard let descriptor = table.removeValue(forKey: file) else { return }
            // Nothing but segments is written to under its last name.
            if case .segment = new { table[new] = descriptor } else { close(descriptor) }
        }
        readers.forget(file)
        readers.forget(new)
        return growReserve(by: min(toReserve, bytes))
    }

    package func remove(_ file: LogFile, toReserve: Int) throws(DiskError) -> Int {
        let bytes = toReserve > 0 ? blockBytes(file) : 0
        guard unlinkat(directory, file.name, 0) == 0 else { throw .last(.remove, file.name) }
        descriptors.withLock { table in
            if let descriptor = table.removeValue(forKey: file) { close(descriptor) }
        }
        readers.forget(file)
        return growReserve(by: min(toReserve, bytes))
    }

    package func syncDirectory() throws(DiskError) {
        guard fsync(directory) == 0 else { throw .last(.syncDirectory, path) }
    }
}

// MARK: descriptors

extension FileDisk {
    private func descriptor(_ file: LogFile, _ call: DiskError.Call) throws(DiskError) -> Int32 {
        if let descriptor = descriptors.withLock({ $0[file] }) { return descriptor }
        let descriptor = openat(directory, file.name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last(call, file.name) }
        keep(descriptor, for: file)
        return descriptor
    }

    private func reader(_ file: LogFile) throws(DiskError) -> OpenFile {
        if let open = readers.find(file) { return open }
        let descriptor = openat(directory, file.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last(.read, file.name) }
        let open = OpenFile(descriptor)
        readers.keep(open, for: file)
        return open
    }

    private func keep(_ descriptor: Int32, for file: LogFile) {
        let replaced = descriptors.withLock { $0.updateValue(descriptor, forKey: file) }
        if let replaced { close(replaced) }
    }

    /// The log has left these: it syncs a segment before it writes to the next.
    private func closeSegments(below number: UInt32) {
        descriptors.withLock { table in
            guard table.count > 1 else { return }
            for case .segment(let other) in table.keys where other < number {
                if let descriptor = table.removeValue(forKey: .segment(other)) { close(descriptor) }
            }
        }
    }
}

extension DiskError {
    fileprivate static func last(_ call: Call, _ file: String) -> DiskError {
        DiskError(call, file, .system(Glibc.errno))
    }
}
