import Glibc
public import Primitives

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
    /// A passphrase locks it, and there is none.
    case locked(path: String)
    /// The passphrase does not open it.
    case notOpened(path: String, cause: AgeError)
    /// It could not be locked.
    case notLocked(path: String, cause: AgeError)

    /// The cause in words.
    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists; a key is never overwritten"
        case .system(let path, let cause): "\(path): \(cause)"
        case .tooOpen(let path): "\(path) can be read by others; run `chmod 600 \(path)`"
        case .malformed(let path): "\(path) is not a key file; restore it from a backup"
        case .mismatched(let path):
            "\(path) holds a public key that is not its seed's; restore it from a backup"
        case .locked(let path):
            "\(path) is locked with a passphrase; name a file that holds it with --passphrase-file or "
                + "VALENCE_PASSPHRASE_FILE, or start this at a terminal"
        case .notOpened(let path, let cause): "\(path) stays locked: \(cause)"
        case .notLocked(let path, let cause): "\(path) was not written: \(cause)"
        }
    }
}

/// A signing key on disk: one JSON object with `seed` and `public_key` in hex, mode 0600; if its owner wants it,
/// locked with a passphrase as an age file (version 1), so that any `age` opens it.
public enum KeyFile {
    /// Tells a passphrase; nil when there is none.
    public typealias Passphrase = () -> [UInt8]?

    /// Reads a key; the public half is derived from the seed and must equal the file's.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - passphrase: asked for a file that is locked, and for no other.
    /// - Returns: the key.
    /// - Throws: a ``KeyFileError`` with the next step.
    public static func load(path: String, passphrase: Passphrase = { nil }) throws(KeyFileError)
        -> SigningKey
    {
        let bytes = try Self.readPrivately(path)
        let text = try Self.opened(bytes, path, passphrase)
        guard let content = try? JSONDocument(scanning: text).root.value else {
            throw .malformed(path: path)
        }
        return try Self.key(in: content, of: path)
    }

    /// The key that the content of a file stands for.
    ///
    /// - Parameters:
    ///   - content: what ``content(of:)`` gives.
    ///   - path: the file, for people.
    /// - Returns: the key.
    /// - Throws: ``KeyFileError/malformed(path:)`` or ``KeyFileError/mismatched(path:)``.
    public static func key(in content: JSONValue, of path: String) throws(KeyFileError)
        -> SigningKey
    {
        guard let seed = content["seed"]?.string.flatMap({ Hex.decode($0, count: 32) }),
            let publicKey = content["public_key"]?.string.flatMap({ Bytes32(hex: $0) }),
            let key = try? SigningKey(seed: seed)
        else { throw .malformed(path: path) }
        guard key.publicKey.rawBytes == publicKey else { throw .mismatched(path: path) }
        return key
    }

    /// What a key file holds; beside it only backups do, and a passphrase locks them (ADR 0072).
    public static func content(of key: SigningKey) -> JSONValue {
        .object([
            ("seed", .string(Hex.encode(key.seed))),
            ("public_key", .string(key.publicKey.rawBytes.hex)),
        ])
    }

    /// Whether a passphrase locks the file.
    public static func isLocked(path: String) throws(KeyFileError) -> Bool {
        AgeFile.isOne(try Self.readPrivately(path))
    }

    /// Writes a new key; never overwrites, and is durable when it returns.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - key: what to write.
    ///   - passphrase: locks the file; nil leaves it open to whoever may read it.
    /// - Throws: a ``KeyFileError`` with the next step.
    public static func create(path: String, key: SigningKey, lockedBy passphrase: [UInt8]? = nil)
        throws(KeyFileError)
    {
        let text = try Self.text(of: key, path, lockedBy: passphrase)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .system(path: path, cause: Self.lastError)
        }
        defer { close(descriptor) }
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            let cause = Self.lastError
            unlink(path)
            throw .system(path: path, cause: cause)
        }
        try Self.syncDirectory(of: path)
    }

    /// Writes the key of a file anew, locked with another passphrase or with none.
    ///
    /// The old file stays until the new one is on the disk and was read back.
    public static func rewrite(path: String, key: SigningKey, lockedBy passphrase: [UInt8]?)
        throws(KeyFileError)
    {
        let copy = "\(path).new"
        unlink(copy)
        try Self.create(path: copy, key: key, lockedBy: passphrase)
        guard try Self.load(path: copy, passphrase: { passphrase }).seed == key.seed else {
            throw .malformed(path: copy)
        }
        guard rename(copy, path) == 0 else { throw .system(path: path, cause: Self.lastError) }
        try Self.syncDirectory(of: path)
    }

    private static func text(
        of key: SigningKey,
        _ path: String,
        lockedBy passphrase: [UInt8]?
    ) throws(KeyFileError) -> [UInt8] {
        let text = Self.content(of: key).canonicalBytes()
        guard let passphrase else { return text }
        do {
            return try AgeFile.lock(text, passphrase: passphrase)
        } catch {
            throw .notLocked(path: path, cause: error)
        }
    }

    /// What is in the file, without its lock.
    private static func opened(_ bytes: [UInt8], _ path: String, _ passphrase: Passphrase)
        throws(KeyFileError) -> [UInt8]
    {
        guard AgeFile.isOne(bytes) else { return bytes }
        guard let passphrase = passphrase() else { throw .locked(path: path) }
        do {
            return try AgeFile.unlock(bytes, passphrase: passphrase)
        } catch {
            throw .notOpened(path: path, cause: error)
        }
    }

    /// Reads a file that nobody else may read.
    private static func readPrivately(_ path: String) throws(KeyFileError) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(path: path, cause: Self.lastError) }
        guard status.st_mode & 0o077 == 0 else { throw .tooOpen(path: path) }
        return try Self.read(path)
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
