import Glibc

/// Small files, written so that a crash leaves the old or the new one.
package enum Files {
    /// The whole of a regular file.
    ///
    /// Anything else is refused before it is read: a pipe without a writer would be waited for, and
    /// a device has no end.
    ///
    /// - Throws: ``NodeError/file(path:cause:)``, also for a file of more bytes than `bytesMax`.
    package static func read(_ path: String, upTo bytesMax: Int) throws(NodeError) -> [UInt8] {
        let file = try RegularFile(path, upTo: bytesMax)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.size)
        while let piece = try file.next() { bytes += piece }
        return bytes
    }

    /// Writes a file whole: temporary name, fsync, rename, fsync of the directory.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(NodeError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(NodeError) {
            try Self.fill(temporary, with: bytes, mode: mode)
            guard rename(temporary, path) == 0 else { throw Self.lastFailure(path) }
        } catch {
            unlink(temporary)
            // The caller knows the file by `path`, so the error must not name the temporary file.
            guard case .file(_, let cause) = error else { throw error }
            throw .file(path: path, cause: cause)
        }
        try Self.syncDirectory(of: path)
    }

    /// Writes a file where none is yet; one that cannot be finished is removed.
    static func create(_ bytes: [UInt8], at path: String, mode: mode_t) throws(NodeError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw Self.lastFailure(path) }
            throw .file(path: path, cause: "there is a file already; choose another name")
        }
        do throws(NodeError) {
            try Self.fill(descriptor, of: path, with: bytes)
        } catch {
            unlink(path)
            throw error
        }
        try Self.syncDirectory(of: path)
    }

    private static func fill(_ path: String, with bytes: [UInt8], mode: mode_t) throws(NodeError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.lastFailure(path) }
        try Self.fill(descriptor, of: path, with: bytes)
    }

    private static func fill(
        _ descriptor: Int32,
        of path: String,
        with bytes: [UInt8]
    ) throws(NodeError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else {
                let failure = Self.lastFailure(path)
                close(descriptor)
                throw failure
            }
            written += count
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw Self.lastFailure(path) }
    }

    private static func lastFailure(_ path: String) -> NodeError {
        .file(path: path, cause: Self.lastError)
    }

    /// Names in a folder in the order of their bytes, without the hidden ones.
    static func names(in path: String) throws(NodeError) -> [String] {
        guard let folder = opendir(path) else { throw Self.lastFailure(path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file, if it is there.
    static func remove(_ path: String) { unlink(path) }

    static func copy(_ source: String, to path: String, mode: mode_t) throws(NodeError) {
        try Self.write(
            try Self.read(source, upTo: DirectoryLimits.smallFileBytesMax),
            to: path,
            mode: mode
        )
    }

    /// Renames a file, durably; what was there before is replaced.
    static func move(_ source: String, to path: String) throws(NodeError) {
        guard rename(source, path) == 0 else { throw Self.lastFailure(path) }
        try Self.syncDirectory(of: path)
    }

    /// Whether files can be made in a folder.
    static func isWritableFolder(_ path: String) -> Bool { access(path, W_OK | X_OK) == 0 }

    /// Makes a directory and its parents, readable by the owner alone.
    static func makeDirectory(_ path: String) throws(NodeError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw .file(path: made, cause: Self.lastError)
            }
            guard try Self.mode(made) & S_IFMT == S_IFDIR else {
                throw .file(path: made, cause: "it is a file, and no folder")
            }
        }
    }

    /// Permission bits and kind of a file.
    static func mode(_ path: String) throws(NodeError) -> mode_t { try Self.status(path).st_mode }

    /// The user that a file belongs to.
    static func owner(_ path: String) throws(NodeError) -> uid_t { try Self.status(path).st_uid }

    private static func status(_ path: String) throws(NodeError) -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.lastFailure(path) }
        return status
    }

    static func setMode(_ path: String, _ mode: mode_t) throws(NodeError) {
        guard chmod(path, mode) == 0 else { throw Self.lastFailure(path) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func syncDirectory(of path: String) throws(NodeError) {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        let descriptor = open(path.hasPrefix("/") ? "/\(parent)" : "./\(parent)", O_RDONLY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.lastFailure(path) }
    }

    static var lastError: String { String(cString: strerror(errno)) }
}
