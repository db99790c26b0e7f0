import Cryptography
import Identity
import Logging
import Messages
import Persistence
package import Primitives

// Backups of a data directory (ADR 0072).
extension DataDirectory {
    private var descriptionPath: String { "\(self.path)/network.json" }

    /// What is to be kept of this node now; it may run meanwhile.
    ///
    /// - Parameters:
    ///   - genesis: path of the description that the node is started with.
    ///   - configuration: path of its settings; nil for the file that may be in this directory.
    ///   - now: the time.
    /// - Returns: the backup.
    /// - Throws: ``NodeError`` for a key that cannot be opened, and where the description is missing or is
    ///   another network's.
    package func backup(
        genesis: String?,
        configuration: String? = nil,
        now: Timestamp
    ) throws(NodeError) -> Backup {
        let key = try self.loadKey()
        guard !Files.exists(self.nextKeyPath) else {
            let cause =
                "a rotation to this key is not finished, and a backup of the old one would be worthless after "
                + "it; run `valence-node id rotate` first"
            throw .file(path: self.nextKeyPath, cause: cause)
        }
        var members: [Backup.Member: JSONValue] = [:]
        for member in Backup.Member.allCases {
            let place = member == .configuration ? configuration : nil
            members[member] = try self.content(of: member, at: place)
        }
        return Backup(
            key: key,
            isKeyLocked: try self.isKeyLocked(),
            createdAt: now,
            highWater: self.highWater(of: key, now: now),
            network: try self.describedNetwork(genesis),
            members: members
        )
    }

    /// What a file holds; one that nobody named need not be there.
    private func content(of member: Backup.Member, at place: String?) throws(NodeError)
        -> JSONValue?
    {
        let path = place ?? "\(self.path)/\(member.rawValue)"
        guard place != nil || Files.exists(path) else { return nil }
        let bytes = try Files.read(path, upTo: member.bytesMax)
        let content =
            member.isText
            ? String(validating: bytes, as: UTF8.self).map { .string($0) }
            : try? JSONDocument(scanning: bytes).root.value
        guard let content else {
            throw .file(path: path, cause: "it cannot be read, so that no backup would hold it")
        }
        return content
    }

    private func describedNetwork(_ genesis: String?) throws(NodeError) -> Backup.Network? {
        let joined = try self.network()
        guard let genesis else {
            guard let joined, joined != Self.noNetwork else {
                return joined.map { Backup.Network(hash: $0, description: nil) }
            }
            let cause =
                "this node belongs to the network with the hash \(joined); name the file that describes it "
                + "with --genesis"
            throw .file(path: self.path, cause: cause)
        }
        guard let described = try NetworkDescription(path: genesis).hash?.hex else {
            throw .file(path: genesis, cause: "it describes no network; leave it out")
        }
        if let joined, joined != described {
            let cause =
                "it describes the network with the hash \(described), and this node belongs to \(joined); name "
                + "the file that the node is started with"
            throw .file(path: genesis, cause: cause)
        }
        let bytes = try Files.read(genesis, upTo: DirectoryLimits.descriptionBytesMax)
        return Backup.Network(hash: described, description: String(decoding: bytes, as: UTF8.self))
    }

    /// A time after which the key signed nothing.
    ///
    /// A running node has the log to itself; its stamps are no further ahead of the clock than they may be. That
    /// a log cannot be read is no reason to have no backup.
    private func highWater(of key: SigningKey, now: Timestamp) -> Timestamp {
        let mark = now.adding(milliseconds: IdentityLimits.stampAheadMaxMilliseconds)
        guard Files.exists("\(self.path)/log") else { return mark }
        let silent = Logger(label: "valence-node") { _ in SwiftLogNoOpLogHandler() }
        guard let log = try? NodeFiles.log(self, of: key, logger: silent) else { return mark }
        defer { log.close() }
        let newest = try? log.newestStamp(of: NodeID(key.publicKey))
        return max(mark, newest ?? mark)
    }

    /// Puts a backup into this directory, which must have no key.
    ///
    /// - Parameters:
    ///   - backup: what to put back.
    ///   - passphrase: locks the key file; nil leaves it open to whoever may read it.
    /// - Returns: the node, and where other settings are now that were in the place of those of the backup.
    /// - Throws: ``NodeError`` for a directory with a key, and for a file that cannot be written.
    package func restore(_ backup: Backup, lockedBy passphrase: [UInt8]?) throws(NodeError)
        -> (node: NodeID, displaced: String?)
    {
        try self.refuseSecondKey()
        try self.makeFolder()
        var displaced: String?
        for member in Backup.Member.allCases {
            guard let content = backup.members[member] else { continue }
            let path = "\(self.path)/\(member.rawValue)"
            let text = member.isText ? content.string.map { Array($0.utf8) } : nil
            let bytes = text ?? content.canonicalBytes() + [0x0a]
            if member.isText { displaced = try Self.setAside(path, unlessIt: bytes) }
            try Files.write(bytes, to: path, mode: 0o600)
        }
        if let network = backup.network {
            if let text = network.description {
                try Files.write(Array(text.utf8), to: self.descriptionPath, mode: 0o644)
            }
            try self.bind(to: network.hash)
        }
        let node = try self.putBack(
            backup.key,
            highWater: backup.highWater,
            lockedBy: passphrase
        )
        return (node, displaced)
    }

    /// Gives a file that somebody wrote another name, unless it says the same.
    ///
    /// - Returns: the name; nil where there is nothing to lose.
    private static func setAside(_ path: String, unlessIt bytes: [UInt8]) throws(NodeError)
        -> String?
    {
        guard Files.exists(path) else { return nil }
        let there = try? Files.read(path, upTo: DirectoryLimits.configurationBytesMax)
        guard there != bytes else { return nil }
        var number = 1
        while Files.exists("\(path).\(number)") { number += 1 }
        let aside = "\(path).\(number)"
        try Files.move(path, to: aside)
        return aside
    }

    /// The description that a backup brought; nil without one.
    package var restoredDescription: String? {
        Files.exists(self.descriptionPath) ? self.descriptionPath : nil
    }
}
