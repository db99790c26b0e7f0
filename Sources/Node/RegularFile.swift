import Glibc

/// A file of a known size that is read piece by piece.
///
/// Only a regular file has a size, and an end that comes. The size is what it was when the file was
/// opened; a file that grows meanwhile is cut there, one that shrinks is an error.
package final class RegularFile: Sendable {
    /// Bytes of the file.
    package let size: Int
    private let path: String
    private let descriptor: Int32

    /// Bytes that are read at a time.
    private static let pieceBytes = 262_144

    /// Opens a file; one that is no regular file, or is too large, is refused unread.
    package init(_ path: String, upTo bytesMax: Int) throws(NodeError) {
        // Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, cause: Files.lastError) }
        self.descriptor = descriptor
        self.path = path
        var figures = stat()
        guard fstat(descriptor, &figures) == 0 else {
            self.size = 0
            throw .file(path: path, cause: Files.lastError)
        }
        self.size = Int(figures.st_size)
        guard figures.st_mode & S_IFMT == S_IFREG else {
            throw .file(path: path, cause: Self.kind(figures.st_mode))
        }
        guard self.size <= bytesMax else {
            let cause = "it has \(self.size) bytes; at most \(bytesMax) can be used here"
            throw .file(path: path, cause: cause)
        }
    }

    deinit { close(self.descriptor) }

    private static func kind(_ mode: mode_t) -> String {
        if mode & S_IFMT == S_IFDIR { return String(cString: strerror(EISDIR)) }
        return "it is a pipe or a device; name a regular file"
    }

    /// Goes back to the first piece.
    package func rewind() { lseek(self.descriptor, 0, SEEK_SET) }

    /// The next piece; nil at the end.
    package func next() throws(NodeError) -> [UInt8]? {
        let left = self.size - Int(lseek(self.descriptor, 0, SEEK_CUR))
        guard left > 0 else { return nil }
        var failure: NodeError?
        let piece = [UInt8](unsafeUninitializedCapacity: min(left, Self.pieceBytes)) {
            buffer,
            count in
            let step = Glibc.read(self.descriptor, buffer.baseAddress, buffer.count)
            count = max(0, step)
            if step < 0 { failure = .file(path: self.path, cause: Files.lastError) }
            if step == 0 { failure = .file(path: self.path, cause: "it became shorter") }
        }
        if let failure { throw failure }
        return piece
    }
}
