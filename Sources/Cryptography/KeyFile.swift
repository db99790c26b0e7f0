import Glibc
import Primitives

/// Why a key file cannot be used, with the next step.
public enum KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is a file already.
    case exists(path: String)
    /// The system refused.
    case system(path: String, cause: String)
    /// Others than the owner may read the file.
    case tooOpen(path: String)
    /// Not a key file.
    case malformed(path: String)
    /// The public key in the file is not the seed's.
    case mismatched(path: String)

    /// The cause in words.
    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists; a key is never overwritten"
        case .system(let path, let cause): "\(path): \(cause)"
        case .tooOpen(let path): "\(path) can be read by others; run `chmod 600 \(path)`"
        case .malformed(let path): "\(path) is not a key file; restore it from a backup"
        case .mismatched(let path):
            "\(path) holds a public key that is not its seed's; restore it from a backup"
        }
    }
}

/// A signing key on disk: one JSON object with `seed` and `public_key` in hex, mode 0600.
public enum KeyFile {
    /// Reads a key; the public half is derived from the seed and must equal the file's.
    public static func load(path: String) throws(KeyFileError) -> SigningKey {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(path: path, cause: Self.lastError) }
        guard status.st_mode & 0o077 == 0 else { throw .tooOpen(path: path) }
        let bytes = try Self.read(path)
        guard let root = try? JSONDocument(scanning: bytes).root,
            let seed = root["seed"]?.string.flatMap({ Hex.decode($0, count: 32) }),
            let publicKey = root["public_key"]?.string.flatMap({ Bytes32(hex: $0) }),
            let key = try? SigningKey(seed: seed)
        else { throw .malformed(path: path) }
        guard key.publicKey.rawBytes == publicKey else { throw .mismatched(path: path) }
        return key
    }

    /// Writes a new key; never overwrites, and is durable when it returns.
    public static func create(path: String, key: SigningKey) throws(KeyFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .system(path: path, cause: Self.lastError)
        }
        defer { close(descriptor) }
        let text = JSONValue.object([
            ("seed", .string(Hex.encode(key.seed))),
            ("public_key", .string(key.publicKey.rawBytes.hex)),
        ]).canonicalBytes()
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            let cause = Self.lastError
            unlink(path)
            throw .system(path: path, cause: cause)
        }
        try Self.syncDirectory(of: path)
    }

    private static func syncDirectory(of path: String) throws(KeyFileError) {
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path: directory, cause: Self.lastError) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw .system(path: directory, cause: Self.lastError)
        }
    }

    private static func read(_ path: String) throws(KeyFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path: path, cause: Self.lastError) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw .system(path: path, cause: Self.lastError) }
        return Array(buffer.prefix(count))
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
