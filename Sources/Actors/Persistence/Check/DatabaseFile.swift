#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is wrong with a database file, in words for the operator.
struct DatabaseDamage: Error, Equatable {
    let cause: String

    init(_ cause: String) { self.cause = cause }
}

/// The database file, read with plain reads.
///
/// LMDB maps its file and follows the page numbers in it without a check: a flipped bit there ends
/// the process. So nothing is mapped before it was read this way and found sound.
final class DatabaseFile {
    let path: String
    let length: Int
    private let descriptor: Int32

    init(_ path: String) throws(LogError) {
        self.path = path
        self.descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard self.descriptor >= 0 else {
            throw .unusable(path: path, operation: "read", code: errno)
        }
        self.length = DataDirectory.size(of: path) ?? 0
    }

    deinit { close(self.descriptor) }

    /// Fills `buffer` with the bytes from `offset` on.
    func read(
        _ buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DatabaseDamage) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(self.descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = count == 0 ? "the file ends before" : systemMessage(errno)
                throw DatabaseDamage("byte \(offset + done) cannot be read (\(reason))")
            }
            done += count
        }
    }

    /// Fills `buffer`, with zeros where the disk gives nothing; for looking for what is left.
    func salvage(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        guard (try? self.read(buffer, at: offset)) == nil else { return }
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        for start in stride(from: 0, to: buffer.count, by: CheckLimits.salvageUnit) {
            let end = min(start + CheckLimits.salvageUnit, buffer.count)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
            try? self.read(part, at: offset + start)
        }
    }
}
