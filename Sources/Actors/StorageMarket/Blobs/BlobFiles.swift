import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system calls of the blob directory, each with its error in words.
enum BlobFiles {
    /// Bytes that are read at a time for a check.
    private static let stepBytes = 262_144

    static func makeDirectory(_ path: String) throws(BlobError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Self.error("create", path) }
    }

    /// Names in a folder, without the hidden ones.
    static func names(in path: String) throws(BlobError) -> [String] {
        guard let folder = opendir(path) else { throw Self.error("read", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    static func size(_ path: String) -> Int? {
        var figures = stat()
        guard lstat(path, &figures) == 0, figures.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(figures.st_size)
    }

    /// When a regular file was written last; nil when there is none.
    static func writtenAt(_ path: String) -> Timestamp? {
        var figures = stat()
        guard lstat(path, &figures) == 0, figures.st_mode & S_IFMT == S_IFREG else { return nil }
        return Timestamp(milliseconds: Int64(figures.st_mtim.tv_sec) * 1_000)
    }

    /// Bytes from `offset` on, fewer at the end of the file.
    static func read(_ path: String, offset: Int, count: Int) throws(BlobError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Self.error("read", path) }
        defer { close(descriptor) }
        var fault: BlobError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let step = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset) + off_t(filled)
                )
                if step < 0, errno == EINTR { continue }
                if step < 0 { fault = Self.error("read", path) }
                if step <= 0 { break }
                filled += step
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// Adds to the end of a file of our own; makes it when it is not there.
    static func append(_ bytes: [UInt8], to path: String) throws(BlobError) {
        try Self.write(bytes, to: path, O_APPEND) { descriptor, buffer, _ in
            systemWrite(descriptor, buffer.baseAddress, buffer.count)
        }
    }

    /// Writes into a file of our own, also beyond its end; makes it when it is not there.
    static func write(_ bytes: [UInt8], to path: String, at offset: Int) throws(BlobError) {
        try Self.write(bytes, to: path, 0) { descriptor, buffer, written in
            pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset) + off_t(written))
        }
    }

    private static func write(
        _ bytes: [UInt8],
        to path: String,
        _ mode: Int32,
        _ step: (Int32, UnsafeRawBufferPointer, Int) -> Int
    ) throws(BlobError) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | mode
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Self.error("write", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                step(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]), written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error("write", path) }
            written += count
        }
    }

    /// Size and hash of a file.
    static func measure(_ path: String) throws(BlobError) -> (size: Int, hash: ContentHash) {
        var hasher = SHA256Hasher()
        var size = 0
        while true {
            let step = try Self.read(path, offset: size, count: Self.stepBytes)
            guard !step.isEmpty else { break }
            hasher.update(step)
            size += step.count
        }
        return (size, ContentHash(hasher.finalize()))
    }

    /// Compares a file with what it should be.
    static func check(_ path: String, size: Int, hash: ContentHash) throws(BlobError) {
        let (found, foundHash) = try Self.measure(path)
        guard found == size else { throw .wrongSize(expected: size, found: found) }
        guard foundHash == hash else { throw .wrongHash(expected: hash, found: foundHash) }
    }

    /// Makes a file durable and read-only.
    static func seal(_ path: String) throws(BlobError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Self.error("open", path) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o400) == 0, fsync(descriptor) == 0 else {
            throw Self.error("sync", path)
        }
    }

    static func move(_ path: String, to target: String) throws(BlobError) {
        guard rename(path, target) == 0 else { throw Self.error("write", target) }
    }

    static func syncDirectory(_ path: String) throws(BlobError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.error("sync", path) }
    }

    static func remove(_ path: String) { unlink(path) }

    /// Removes a file that must not stay.
    static func delete(_ path: String) throws(BlobError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.error("remove", path) }
    }

    /// A second name for a file; false when the file system cannot give one.
    static func link(_ path: String, at target: String) throws(BlobError) -> Bool {
        if makeLink(path, target) == 0 || errno == EEXIST { return true }
        guard [EXDEV, EPERM, EMLINK, ENOTSUP].contains(errno) else {
            throw Self.error("write", target)
        }
        return false
    }

    private static func error(_ operation: String, _ path: String) -> BlobError {
        .file(operation: operation, path: path, cause: String(cString: strerror(errno)))
    }
}

/// The system's `write`, which the method of that name hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// The system's `link`, which the method of that name hides.
private func makeLink(_ path: String, _ target: String) -> Int32 { link(path, target) }
