import Foundation
import Glibc

/// Copies of files and folders, each durable before anybody relies on it.
enum DirectoryCopy {
    /// Folders whose files are sealed when they are written: a second name does for a copy.
    private static let sealed: Set<String> = ["blobs", "adopted"]
    private static let stepBytes = 1_048_576
    /// The system's FICLONE, a macro that Swift does not see.
    private static let shareBlocks: UInt = 0x4004_9409

    /// Bytes that copies of these names take of the disk.
    static func bytes(of names: [String], in folder: String) -> UInt64 {
        var sum: UInt64 = 0
        for name in names where !Self.sealed.contains(name) {
            for path in Self.files(below: "\(folder)/\(name)") {
                var figures = stat()
                guard lstat(path, &figures) == 0 else { continue }
                sum += UInt64(clamping: figures.st_blocks) * 512
            }
        }
        return sum
    }

    private static func files(below path: String) -> [String] {
        let url = URL(fileURLWithPath: path)
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
        return [path] + (files?.compactMap { ($0 as? URL)?.path } ?? [])
    }

    /// Copies a file, or a folder with all that is in it, under the same name; what is not there stays so.
    static func copy(_ name: String, from folder: String, to target: String) throws(NodeError) {
        let source = "\(folder)/\(name)"
        guard Files.exists(source) else { return }
        try Self.copy(source, to: "\(target)/\(name)", links: Self.sealed.contains(name))
        try Self.sync(target)
    }

    private static func copy(_ source: String, to target: String, links: Bool) throws(NodeError) {
        let mode = try Files.mode(source)
        switch mode & S_IFMT {
        case S_IFDIR:
            guard mkdir(target, mode & 0o777) == 0 else { throw Self.failure(target) }
            for name in try Files.names(in: source) {
                try Self.copy("\(source)/\(name)", to: "\(target)/\(name)", links: links)
            }
            try Self.sync(target)
        case S_IFREG:
            if links, link(source, target) == 0 { return }
            try Self.copyFile(source, to: target, mode: mode & 0o777)
        // Sockets and pipes belong to processes that are gone.
        default: break
        }
    }

    /// The system shares the blocks of both files where the file system can.
    private static func copyFile(
        _ source: String,
        to target: String,
        mode: mode_t
    ) throws(NodeError) {
        let from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard from >= 0 else { throw Self.failure(source) }
        defer { close(from) }
        let onto = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard onto >= 0 else { throw Self.failure(target) }
        defer { close(onto) }
        if ioctl(onto, Self.shareBlocks, from) != 0 { try Self.copyBytes(from, onto, target) }
        guard fsync(onto) == 0 else { throw Self.failure(target) }
    }

    private static func copyBytes(_ from: Int32, _ onto: Int32, _ target: String) throws(NodeError)
    {
        var buffer = [UInt8](repeating: 0, count: Self.stepBytes)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count >= 0 else { throw Self.failure(target) }
            guard count > 0 else { return }
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes {
                    write(onto, $0.baseAddress?.advanced(by: written), count - written)
                }
                guard step > 0 else { throw Self.failure(target) }
                written += step
            }
        }
    }

    /// Removes a file, or a folder with all that is in it, if it is there.
    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// Makes the entries of a folder durable.
    static func sync(_ folder: String) throws(NodeError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(folder) }
    }

    private static func failure(_ path: String) -> NodeError {
        .file(path: path, cause: Files.lastError)
    }
}
