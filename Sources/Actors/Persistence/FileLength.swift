import CLMDB
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How long the database file was when it was looked at last.
///
/// LMDB's file only grows. If somebody cuts it while the node runs, reading a page behind its end
/// would end the process with SIGBUS, so every transaction looks first; that costs one system call.
/// A cut in the middle of a transaction is not noticed.
final class FileLength: Sendable {
    private let known = Atomic<Int>(0)

    /// The file was opened.
    func begin(_ environment: OpaquePointer) {
        self.known.store(Self.length(environment) ?? 0, ordering: .relaxed)
    }

    /// The file may have grown.
    func note(_ environment: OpaquePointer?) {
        guard let length = environment.flatMap({ Self.length($0) }) else { return }
        self.known.max(length, ordering: .relaxed)
    }

    /// Refuses to touch a file that has become shorter.
    func check(_ environment: OpaquePointer, path: String) throws(LogError) {
        let known = self.known.load(ordering: .relaxed)
        guard let length = Self.length(environment), length < known else { return }
        throw .truncated(path: path, bytes: length, expected: known)
    }

    private static func length(_ environment: OpaquePointer) -> Int? {
        var descriptor: mdb_filehandle_t = -1
        var status = stat()
        guard mdb_env_get_fd(environment, &descriptor) == 0, fstat(descriptor, &status) == 0 else {
            return nil
        }
        return Int(status.st_size)
    }
}
