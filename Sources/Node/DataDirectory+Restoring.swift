public import Cryptography
import Identity
public import Primitives

// Keys that were somewhere else before (ADR 0072).
extension DataDirectory {
    var instancePath: String { "\(self.path)/instance.json" }

    /// Puts a key back from its words or a backup: the node says nothing until it knows that no other one has
    /// the key.
    ///
    /// - Parameters:
    ///   - key: what to put back.
    ///   - highWater: the key signed nothing with a later stamp, as far as is known.
    ///   - passphrase: locks the key file; nil leaves it open to whoever may read it.
    /// - Returns: the node.
    /// - Throws: ``NodeError/file(path:cause:)`` when there is a key, usable or not: none is ever replaced.
    public func putBack(
        _ key: SigningKey,
        highWater: Timestamp = Timestamp(milliseconds: 0),
        lockedBy passphrase: [UInt8]? = nil
    ) throws(NodeError) -> NodeID {
        try self.refuseSecondKey()
        try self.makeFolder()
        let instance = JSONValue.object([
            ("instance", .string(Hex.encode(SecureRandom.bytes(32)))),
            ("high_water", .integer(highWater.milliseconds)),
        ])
        // Before the key, which must never lie there without it.
        try Files.write(instance.canonicalBytes() + [0x0a], to: self.instancePath, mode: 0o600)
        return try self.makeNode(key, lockedBy: passphrase)
    }

    /// Whoever wants another key in this directory moves the old one away.
    ///
    /// - Throws: ``NodeError/file(path:cause:)`` that says so.
    func refuseSecondKey() throws(NodeError) {
        guard Files.exists(self.keyPath) else { return }
        let cause =
            "there is a key, and none is ever replaced; name another folder with --data-dir, or move the "
            + "file away if nothing can open it any more"
        throw .file(path: self.keyPath, cause: cause)
    }

    /// What is known of a key that was put back; nil for one that was made here.
    ///
    /// - Throws: ``NodeError/file(path:cause:)`` for a record that cannot be read, as the node might speak too
    ///   early without it.
    func loadRestoredKey() throws(NodeError) -> RestoredKey? {
        guard Files.exists(self.instancePath) else { return nil }
        let bytes = try Files.read(self.instancePath, upTo: DirectoryLimits.smallFileBytesMax)
        guard let root = try? JSONDocument(scanning: bytes).root,
            let instance = root["instance"]?.string.flatMap({ Bytes32(hex: $0) }),
            let mark = root["high_water"]?.integer
        else {
            let cause =
                "it does not say when the key was put back; put the backup back into another folder, or "
                + "remove the file if no other process can have the key"
            throw .file(path: self.instancePath, cause: cause)
        }
        return RestoredKey(instance: instance, highWater: Timestamp(milliseconds: mark))
    }
}
