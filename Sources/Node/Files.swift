import Glibc

/// Small files, written so that a crash leaves the old or the new one.
package enum Files {
    package static func read(_ path: String) throws(NodeError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, cause: Self.lastError) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else { throw .file(path: path, cause: Self.lastError) }
            bytes += buffer[0..<count]
        }
    }

    /// Writes a file whole: temporary name, fsync, rename, fsync of the directory.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(NodeError) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .file(path: path, cause: Self.lastError) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else {
                close(descriptor)
                throw .file(path: path, cause: Self.lastError)
            }
            written += count
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else {
            throw .file(path: path, cause: Self.lastError)
        }
        try Self.syncDirectory(of: path)
    }

    static func copy(_ source: String, to path: String, mode: mode_t) throws(NodeError) {
        try Self.write(try Self.read(source), to: path, mode: mode)
    }

    /// Renames a file, durably; what was there before is replaced.
    static func move(_ source: String, to path: String) throws(NodeError) {
        guard rename(source, path) == 0 else { throw .file(path: path, cause: Self.lastError) }
        try Self.syncDirectory(of: path)
    }

    /// Makes a directory and its parents, readable by the owner alone.
    static func makeDirectory(_ path: String) throws(NodeError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw .file(path: made, cause: Self.lastError)
            }
        }
    }

    /// Permission bits and kind of a file.
    static func mode(_ path: String) throws(NodeError) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(path: path, cause: Self.lastError) }
        return status.st_mode
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func syncDirectory(of path: String) throws(NodeError) {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        let descriptor = open(path.hasPrefix("/") ? "/\(parent)" : "./\(parent)", O_RDONLY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path: path, cause: Self.lastError) }
    }

    static var lastError: String { String(cString: strerror(errno)) }
}
