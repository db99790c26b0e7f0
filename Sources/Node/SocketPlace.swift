import Glibc

/// A place for a Unix socket, under a path that is short enough to be its address.
///
/// The address of a socket holds 107 bytes. In a longer path the folder is opened and named by its
/// descriptor, so the place must be kept for as long as the socket is used.
public final class SocketPlace: Sendable {
    /// The path to bind or to connect to.
    public let path: String
    private let folder: Int32?

    init(folder: String, name: String) throws(NodeError) {
        let whole = "\(folder)/\(name)"
        guard whole.utf8.count > DirectoryLimits.socketPathBytesMax else {
            self.path = whole
            self.folder = nil
            return
        }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: folder, cause: Files.lastError) }
        self.path = "/proc/self/fd/\(descriptor)/\(name)"
        self.folder = descriptor
    }

    deinit {
        if let folder { close(folder) }
    }
}
