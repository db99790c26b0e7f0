import Cryptography
import Messages
package import Primitives

/// What brings a node back on another machine: its key, its network and what its operator decided (ADR 0072).
package struct Backup: Sendable {
    /// The network that the node belongs to.
    package struct Network: Sendable, Equatable {
        /// The hash of its description; `none` for a node that ran without one.
        package let hash: String
        /// The description as it was read; nil without one.
        package let description: String?
    }

    /// Files of a data directory that are kept as they are.
    enum Member: String, CaseIterable {
        case plugins = "plugins.json"
        case tokens = "api.tokens"
        case configuration = "config.toml"

        var bytesMax: Int {
            switch self {
            case .plugins: DirectoryLimits.pluginsBytesMax
            case .tokens: DirectoryLimits.tokensBytesMax
            case .configuration: DirectoryLimits.configurationBytesMax
            }
        }

        /// Whether it is kept letter for letter, and not as the JSON that it is.
        var isText: Bool {
            switch self {
            case .plugins, .tokens: false
            case .configuration: true
            }
        }
    }

    let key: SigningKey
    /// Whether a passphrase locked the key file.
    package let isKeyLocked: Bool
    /// When the backup was made.
    package let createdAt: Timestamp
    /// The key had signed nothing with a later stamp.
    package let highWater: Timestamp
    /// Nil for a node that never ran.
    package let network: Network?
    let members: [Member: JSONValue]

    init(
        key: SigningKey,
        isKeyLocked: Bool,
        createdAt: Timestamp,
        highWater: Timestamp,
        network: Network?,
        members: [Member: JSONValue]
    ) {
        self.key = key
        self.isKeyLocked = isKeyLocked
        self.createdAt = createdAt
        self.highWater = highWater
        self.network = network
        self.members = members
    }

    /// The node that it brings back.
    package var node: NodeID { NodeID(self.key.publicKey) }

    /// What it has beside the key, for people.
    package var contents: [String] {
        (self.network?.description == nil ? [] : ["the description of the network"])
            + Member.allCases.filter { self.members[$0] != nil }.map(\.rawValue)
    }

    // MARK: The file

    /// Version 1 had no settings in it.
    private static let versions: ClosedRange<Int64> = 1...2

    /// Writes it where no file is yet, and reads it back.
    package func write(to path: String, lockedBy passphrase: [UInt8]) throws(NodeError) {
        let file: [UInt8]
        do {
            file = try AgeFile.lock(self.json.canonicalBytes(), passphrase: passphrase)
        } catch {
            throw .file(path: path, cause: "\(error)")
        }
        guard file.count <= BackupLimits.bytesMax else {
            let cause =
                "it would have \(file.count) bytes; at most \(BackupLimits.bytesMax) are read back"
            throw .file(path: path, cause: cause)
        }
        try Files.create(file, at: path, mode: 0o600)
        let written = try Backup(path: path, passphrase: passphrase)
        guard written.json == self.json else {
            Files.remove(path)
            throw .file(path: path, cause: "the disk does not give back what was written")
        }
    }

    /// Opens a backup and looks whether it holds together.
    package init(path: String, passphrase: [UInt8]) throws(NodeError) {
        let file = try Files.read(path, upTo: BackupLimits.bytesMax)
        guard AgeFile.isOne(file) else {
            let cause = "it is no backup; make one with `valence-node backup create`"
            throw .file(path: path, cause: cause)
        }
        let text: [UInt8]
        do {
            text = try AgeFile.unlock(file, passphrase: passphrase)
        } catch {
            throw .file(path: path, cause: "it stays locked: \(error)")
        }
        guard let root = try? JSONDocument(scanning: text).root.value,
            let version = root["valence_backup"]?.integer
        else { throw .file(path: path, cause: "what it holds is no backup of a node") }
        guard Self.versions.contains(version) else {
            let maker = root["made_by"]?.string.map { "valence-node \($0)" }
            let cause =
                "it is a backup of version \(version), and this program reads up to version "
                + "\(Self.versions.upperBound); use \(maker ?? "the program that made it"), or a newer one"
            throw .file(path: path, cause: cause)
        }
        try self.init(root, of: path)
    }

    private init(_ root: JSONValue, of path: String) throws(NodeError) {
        do {
            self.key = try KeyFile.key(in: root["key"] ?? .null, of: path)
        } catch {
            throw .file(path: path, cause: "\(error)")
        }
        guard root["node_id"]?.string == NodeID(self.key.publicKey).hex,
            let createdAt = root["created_at"]?.integer, let mark = root["high_water"]?.integer,
            let isKeyLocked = root["key_locked"]?.bool
        else { throw .file(path: path, cause: "what it says of its key does not fit together") }
        self.createdAt = Timestamp(milliseconds: createdAt)
        self.highWater = Timestamp(milliseconds: mark)
        self.isKeyLocked = isKeyLocked
        self.network = root["network"]?["hash"]?.string.map { hash in
            Network(hash: hash, description: root["network"]?["description"]?.string)
        }
        var members: [Member: JSONValue] = [:]
        for member in Member.allCases {
            let content = root["files"]?[member.rawValue]
            guard !member.isText || content == nil || content?.string != nil else {
                throw .file(path: path, cause: "its \(member.rawValue) is no text")
            }
            members[member] = content
        }
        self.members = members
        try self.checkNetwork(of: path)
    }

    private func checkNetwork(of path: String) throws(NodeError) {
        guard let network, let text = network.description else { return }
        let found = try NetworkDescription.hash(ofText: Array(text.utf8), in: path)
        guard found == nil || found == network.hash else {
            let cause =
                "the description in it has the hash \(found ?? ""), and the node is in \(network.hash)"
            throw .file(path: path, cause: cause)
        }
    }

    private var json: JSONValue {
        let network = self.network.map { network in
            JSONValue.object([
                ("hash", .string(network.hash)),
                ("description", network.description.map { .string($0) } ?? .null),
            ])
        }
        let files = Member.allCases.compactMap { member in
            self.members[member].map { (member.rawValue, $0) }
        }
        return .object([
            ("valence_backup", .integer(Self.versions.upperBound)),
            ("made_by", .string(NodeVersion.text)), ("node_id", .string(self.node.hex)),
            ("created_at", .integer(self.createdAt.milliseconds)),
            ("high_water", .integer(self.highWater.milliseconds)),
            ("key", KeyFile.content(of: self.key)), ("key_locked", .bool(self.isKeyLocked)),
            ("network", network ?? .null), ("files", .object(files)),
        ])
    }
}
