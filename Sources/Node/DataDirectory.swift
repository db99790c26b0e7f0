public import Cryptography
import Logging
import Messages
public import Primitives

/// The files of one node.
///
/// `node.key` (0600, locked with a passphrase if the operator wants it), `api.token` (0600), `api.tokens` (0600, if there are any), `api.port` (while a node runs), `run/api.sock` (0600, in a
/// folder of mode 0700), `version.json`, `network.hash`, `instance.json` (of a key that was put back), `log/` (LMDB), `log.format`, `blobs/`, `adopted/`,
/// `LOCK`; and `hash-databases/`, `plugins.json` and `plugins/`, if the operator has any.
public struct DataDirectory: Sendable {
    /// Absolute path.
    public let path: String

    /// Tells the passphrase of a locked key; nil when there is none.
    let passphrase: @Sendable () -> [UInt8]?

    /// Names a directory; nothing is touched.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - passphrase: asked when the key turns out to be locked, and not before.
    public init(path: String, passphrase: @escaping @Sendable () -> [UInt8]? = { nil }) {
        self.path = path
        self.passphrase = passphrase
    }

    var keyPath: String { "\(self.path)/node.key" }
    var tokenPath: String { "\(self.path)/api.token" }
    var portPath: String { "\(self.path)/api.port" }

    /// Makes the directory, a key and an API token; for an existing key, a token that is missing.
    ///
    /// - Parameter passphrase: locks the new key; nil leaves it open to whoever may read the file.
    /// - Returns: the node.
    /// - Throws: ``NodeError/alreadyInitialised(path:)`` when there are both.
    public func initialise(lockedBy passphrase: [UInt8]? = nil) throws(NodeError) -> NodeID {
        if Files.exists(self.keyPath) {
            let key = try self.loadKey()
            guard try self.readToken() == nil else { throw .alreadyInitialised(path: self.path) }
            try self.makeToken()
            return NodeID(key.publicKey)
        }
        // What was known of another key, which was moved away or never came, is not true of this one.
        Files.remove(self.instancePath)
        return try self.makeNode(.generate(), lockedBy: passphrase)
    }

    /// Makes the directory and what is missing in it, and gives it this key.
    ///
    /// - Throws: ``NodeError/file(path:cause:)`` when there is a key, usable or not: none is ever replaced.
    func makeNode(_ key: SigningKey, lockedBy passphrase: [UInt8]?) throws(NodeError) -> NodeID {
        try self.checkVersion()
        try self.makeFolder()
        // The key comes last: as long as there is none, this can be done again.
        try self.stampVersion()
        if try self.readToken() == nil { try self.makeToken() }
        try Self.withKeyFile(self.keyPath) { path throws(KeyFileError) in
            try KeyFile.create(path: path, key: key, lockedBy: passphrase)
        }
        return NodeID(key.publicKey)
    }

    func makeFolder() throws(NodeError) {
        do {
            try Files.makeDirectory(self.path)
        } catch {
            guard case .file(let place, let cause) = error else { throw error }
            throw .unusableFolder(path: self.path, cause: "\(place): \(cause)")
        }
        guard Files.isWritableFolder(self.path) else {
            throw .unusableFolder(path: self.path, cause: "this user may not write there")
        }
    }

    /// The node's key.
    ///
    /// - Throws: ``NodeError/notInitialised(path:)`` without one.
    public func loadKey() throws(NodeError) -> SigningKey {
        try self.checkVersion()
        guard Files.exists(self.keyPath) else { throw .notInitialised(path: self.path) }
        return try self.loadKey(at: self.keyPath)
    }

    private func loadKey(at path: String) throws(NodeError) -> SigningKey {
        try Self.withKeyFile(path) { path throws(KeyFileError) in
            try KeyFile.load(path: path, passphrase: self.passphrase)
        }
    }

    private static func withKeyFile<Value>(
        _ path: String,
        _ body: (String) throws(KeyFileError) -> Value
    ) throws(NodeError) -> Value {
        do {
            return try body(path)
        } catch {
            throw .file(path: path, cause: "\(error)")
        }
    }

    // MARK: Locking

    /// Whether a passphrase locks the node's key.
    public func isKeyLocked() throws(NodeError) -> Bool {
        guard Files.exists(self.keyPath) else { throw .notInitialised(path: self.path) }
        return try Self.withKeyFile(self.keyPath) { path throws(KeyFileError) in
            try KeyFile.isLocked(path: path)
        }
    }

    /// Locks the node's keys with a passphrase, or with none; those of a rotation that was begun or is over, too.
    ///
    /// Without its passphrase nothing changes.
    public func relock(with passphrase: [UInt8]?) throws(NodeError) -> NodeID {
        let key = try self.loadKey()
        for path in [self.nextKeyPath, self.retiredKeyPath, self.keyPath] where Files.exists(path) {
            let key = try self.loadKey(at: path)
            try Self.withKeyFile(path) { path throws(KeyFileError) in
                try KeyFile.rewrite(path: path, key: key, lockedBy: passphrase)
            }
        }
        return NodeID(key.publicKey)
    }

    // MARK: Rotation

    /// Where the key lies that is to take the node's place.
    public var nextKeyPath: String { "\(self.keyPath).next" }
    private var retiredKeyPath: String { "\(self.keyPath).retired" }

    /// Makes the key that is to take the node's place; an earlier attempt's key is used again.
    public func prepareRotation() throws(NodeError) -> SigningKey {
        if let key = try self.loadNextKey() { return key }
        let key = SigningKey.generate()
        let passphrase = try self.isKeyLocked() ? self.passphrase() : nil
        try Self.withKeyFile(self.nextKeyPath) { path throws(KeyFileError) in
            try KeyFile.create(path: path, key: key, lockedBy: passphrase)
        }
        return key
    }

    /// The node that this directory is to belong to after a rotation that was begun; nil without
    /// one.
    public func preparedNode() throws(NodeError) -> NodeID? {
        guard let key = try self.loadNextKey() else { return nil }
        return NodeID(key.publicKey)
    }

    private func loadNextKey() throws(NodeError) -> SigningKey? {
        guard Files.exists(self.nextKeyPath) else { return nil }
        return try self.loadKey(at: self.nextKeyPath)
    }

    /// Puts the prepared key in the place of the old one, which stays beside it.
    ///
    /// Call it once the rotation is in the log.
    public func completeRotation() throws(NodeError) {
        try Files.copy(self.keyPath, to: self.retiredKeyPath, mode: 0o600)
        try Files.move(self.nextKeyPath, to: self.keyPath)
    }

    /// The node that this directory belonged to before its last rotation; nil without one.
    func loadRetiredNode() -> NodeID? {
        (try? self.loadKey(at: self.retiredKeyPath)).map { NodeID($0.publicKey) }
    }

    /// The bearer token of the local API.
    ///
    /// - Throws: ``NodeError/noToken(path:)`` when it is missing or empty,
    ///   ``NodeError/tooOpen(path:)`` when others can read it, and ``NodeError/weakToken(path:need:)``
    ///   when it can be guessed.
    public func loadToken() throws(NodeError) -> String {
        if let token = try self.readToken() { return token }
        guard Files.exists(self.keyPath) else { throw .notInitialised(path: self.path) }
        throw .noToken(path: self.path)
    }

    /// The token without the line end that an editor adds; nil when there is none.
    private func readToken() throws(NodeError) -> String? {
        try self.checkVersion()
        guard Files.exists(self.tokenPath) else { return nil }
        guard try Files.mode(self.tokenPath) & 0o077 == 0 else {
            throw .tooOpen(path: self.tokenPath)
        }
        let bytes = try Files.read(self.tokenPath, upTo: DirectoryLimits.smallFileBytesMax)
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let token = words.first else { return nil }
        let need = DirectoryLimits.tokenBytesMin
        guard token.utf8.count >= need, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .weakToken(path: self.tokenPath, need: need)
        }
        return String(token)
    }

    private func makeToken() throws(NodeError) {
        let token = Hex.encode(SecureRandom.bytes(32))
        try Files.write(Array(token.utf8), to: self.tokenPath, mode: 0o600)
    }

    // MARK: Network

    private var networkPath: String { "\(self.path)/network.hash" }

    /// How a directory came to the network that its node runs in.
    enum Membership: Equatable {
        /// It was there before.
        case member
        /// This is its first start, without a description.
        case begunWithoutNetwork
        /// This is its first start, in a described network.
        case begun
        /// It began without a description, heard nobody, and moves to a described network.
        case moved
    }

    /// Binds the node to the network of its first start (D-36): with other founders or numbers its log
    /// would give everybody another score.
    ///
    /// A directory that began without a description and heard nobody has nothing to lose: it may still
    /// join a described network.
    ///
    /// - Throws: ``NodeError/otherNetwork(path:joined:described:)`` for another one.
    @discardableResult
    func join(
        _ network: NetworkDescription,
        logger: Logger = Logger(label: "valence-node"),
        hasHeardOthers: () throws(NodeError) -> Bool
    ) throws(NodeError) -> Membership {
        let described = network.hash?.hex ?? Self.noNetwork
        guard let joined = try self.network() else {
            do {
                try self.bind(to: described)
            } catch {
                // On a full disk the node runs and reads; it is bound at its next start.
                logger.error(
                    "the hash of the network could not be written: \(error)",
                    metadata: ["event": "network_hash_failed"]
                )
            }
            return network.hash == nil ? .begunWithoutNetwork : .begun
        }
        if joined == described { return .member }
        guard joined == Self.noNetwork, try !hasHeardOthers() else {
            throw .otherNetwork(path: self.networkPath, joined: joined, described: described)
        }
        try self.bind(to: described)
        return .moved
    }

    /// The hash of the network that the directory is bound to, or ``noNetwork``; nil before its first start.
    func network() throws(NodeError) -> String? {
        guard Files.exists(self.networkPath) else { return nil }
        let bytes = try Files.read(self.networkPath, upTo: DirectoryLimits.smallFileBytesMax)
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map { String($0) } ?? ""
    }

    func bind(to network: String) throws(NodeError) {
        try Files.write(Array("\(network)\n".utf8), to: self.networkPath, mode: 0o644)
    }

    /// Stands for a start without a description.
    static let noNetwork = "none"

    // MARK: The local API

    private var socketFolder: String { "\(self.path)/run" }
    private static let socketName = "api.sock"

    /// Writes the API port to `api.port`, for programs that speak HTTP over TCP.
    public func writePort(_ port: Int) throws(NodeError) {
        try Files.write(Array("\(port)".utf8), to: self.portPath, mode: 0o600)
    }

    /// Removes `api.port`: another program may listen on that port next, and must not be sent the
    /// token.
    public func removePort() { Files.remove(self.portPath) }

    /// Where the node listens for the command line: in a folder that its owner alone may enter, so that
    /// no other user's program can answer there.
    func makeSocketPlace() throws(NodeError) -> SocketPlace {
        try Files.makeDirectory(self.socketFolder)
        try Files.setMode(self.socketFolder, 0o700)
        return try SocketPlace(folder: self.socketFolder, name: Self.socketName)
    }

    /// The mode of the folder keeps others out already; should somebody widen it, the mode of the
    /// socket still does.
    func closeSocketToOthers() throws(NodeError) {
        try Files.setMode("\(self.socketFolder)/\(Self.socketName)", 0o600)
    }

    /// Where the command line finds the running node; nil when no node has run.
    ///
    /// - Throws: ``NodeError/foreignSocket(path:)`` when somebody else could listen there.
    public func socketPlace() throws(NodeError) -> SocketPlace? {
        guard Files.exists("\(self.socketFolder)/\(Self.socketName)") else { return nil }
        let (owner, expected) = (
            try Files.owner(self.socketFolder), try Files.owner(self.tokenPath)
        )
        guard try Files.mode(self.socketFolder) & 0o077 == 0, owner == expected else {
            throw .foreignSocket(path: self.socketFolder)
        }
        return try SocketPlace(folder: self.socketFolder, name: Self.socketName)
    }
}
