import Glibc
import NIOPosix

/// Reads an artefact from the blob directory into memory, for callers who take it as part of a message.
enum ArtefactFile {
    /// Why there are no bytes.
    enum Failure: Error {
        case tooLarge(bytes: Int)
        case unreadable
    }

    /// All bytes of a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - bytesMax: what is longer is not read.
    /// - Returns: the bytes.
    /// - Throws: ``Failure``.
    static func read(_ path: String, bytesMax: Int) async throws -> [UInt8] {
        try await NIOThreadPool.singleton.runIfActive { try Self.bytes(of: path, bytesMax) }
    }

    private static func bytes(of path: String, _ bytesMax: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable }
        defer { close(file) }
        var about = stat()
        guard fstat(file, &about) == 0 else { throw .unreadable }
        let size = Int(about.st_size)
        guard size <= bytesMax else { throw .tooLarge(bytes: size) }
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: done), size - done)
            }
            guard count > 0 else { throw .unreadable }
            done += count
        }
        return bytes
    }
}
