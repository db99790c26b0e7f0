import Cryptography
import Primitives

@testable import Messages

/// People with numbers and their numbered messages.
///
/// State machines are given messages whose signatures were checked, so these carry none; only the
/// consent in links and rotations is real. Everything that comes back is made once.
final class ModelCast {
    static let start: Int64 = 1_767_225_600_000

    private struct Pair: Hashable {
        let from: Int
        let to: Int
    }

    private struct Written {
        let payload: Payload
        let bytes: [UInt8]
    }

    private var keys: [Int: SigningKey] = [:]
    private var nodes: [Int: NodeID] = [:]
    private var numbers: [NodeID: Int] = [:]
    private var ids: [Int: MessageID] = [:]
    private var written: [String: Written] = [:]
    private let signature: Signature

    init() throws {
        let key = try SigningKey(seed: SHA256Digest.hash([0]).array)
        self.signature = key.sign([0])
    }

    // MARK: Names

    private func key(_ number: Int) throws -> SigningKey {
        if let key = self.keys[number] { return key }
        let key = try SigningKey(seed: SHA256Digest.hash(Array("person \(number)".utf8)).array)
        self.keys[number] = key
        return key
    }

    func node(_ number: Int) throws -> NodeID {
        if let node = self.nodes[number] { return node }
        let node = NodeID(try self.key(number).publicKey)
        self.nodes[number] = node
        self.numbers[node] = number
        return node
    }

    /// The number of a person that was named before; -1 for nobody.
    func number(_ node: NodeID) -> Int { self.numbers[node] ?? -1 }

    func id(_ number: Int) -> MessageID {
        if let id = self.ids[number] { return id }
        let id = MessageID(SHA256Digest.hash(Array("message \(number)".utf8)))
        self.ids[number] = id
        return id
    }

    static func at(_ offset: Int64) -> Timestamp { Timestamp(milliseconds: Self.start + offset) }

    // MARK: Messages

    /// A message; one that comes again with the same memo is not written anew.
    func message(
        _ number: Int,
        _ type: MessageType,
        by person: Int,
        at time: Int64,
        memo: String?,
        _ members: () throws -> [(String, JSONValue)]
    ) throws -> Message {
        let timestamp = Timestamp(milliseconds: time)
        let content: Written
        if let memo, let known = self.written[memo] {
            content = known
        } else {
            let bytes = JSONValue.object(try members()).canonicalBytes()
            content = Written(
                payload: try Payload(
                    type: type,
                    decoding: try JSONDocument(scanning: bytes).root,
                    timestamp: timestamp
                ),
                bytes: bytes
            )
            if let memo { self.written[memo] = content }
        }
        return Message(
            id: self.id(number),
            from: try self.node(person),
            timestamp: timestamp,
            version: 0,
            typeName: type.rawValue,
            type: type,
            payload: content.payload,
            signature: self.signature,
            canonical: content.bytes,
            payloadRange: 0..<content.bytes.count
        )
    }

    func link(_ number: Int, _ root: Int, _ child: Int, at time: Int64) throws -> Message {
        try self.message(number, .didLink, by: root, at: time, memo: "link \(root) \(child)") {
            let (rootNode, childNode) = (try self.node(root), try self.node(child))
            let consent = try self.key(child).sign(rootNode.array + childNode.array)
            return [
                ("root_key", .string(rootNode.hex)), ("child_key", .string(childNode.hex)),
                ("child_signature", .string(consent.hex)),
            ]
        }
    }

    func rotation(_ number: Int, _ old: Int, _ new: Int, at time: Int64) throws -> Message {
        try self.message(number, .keyRotate, by: old, at: time, memo: "rotate \(old) \(new)") {
            let (oldNode, newNode) = (try self.node(old), try self.node(new))
            let bytes = KeyRotate.consentBytes(oldKey: oldNode, newKey: newNode)
            return [
                ("old_key", .string(oldNode.hex)), ("new_key", .string(newNode.hex)),
                ("new_key_signature", .string(try self.key(new).sign(bytes).hex)),
            ]
        }
    }

    func revocation(_ number: Int, _ root: Int, _ key: Int, from: Int64, at time: Int64) throws
        -> Message
    {
        try self.message(number, .didRevoke, by: root, at: time, memo: nil) {
            [
                ("root_key", .string(try self.node(root).hex)),
                ("revoked_key", .string(try self.node(key).hex)),
                ("effective_from", .integer(from)),
            ]
        }
    }

    /// An announcement; its proof counts as computed now, or long ago.
    func announcement(
        _ number: Int,
        by person: Int,
        at time: Int64,
        network: Int? = nil,
        isProofNew: Bool = false,
        isDegraded: Bool = false
    ) throws -> Message {
        let memo = "announce \(person) \(network ?? -1) \(isDegraded)"
        return try self.message(
            number,
            .peerAnnounce,
            by: person,
            at: time,
            memo: isProofNew ? nil : memo
        ) {
            let computed = Timestamp(milliseconds: isProofNew ? time : Self.start - 1)
            let proof = VDF.prove(
                try self.node(person).bytes,
                computedAt: computed,
                difficulty: 10
            )
            let addresses = network.map { [JSONValue.string("/ip4/20.\($0).0.1/tcp/1")] } ?? []
            return [
                ("addresses", .array(addresses)), ("capabilities", .array([])),
                ("version", .integer(0)), ("uptime_seconds", .integer(0)),
                ("vdf_proof", proof.json),
                ("sync_status", .string(isDegraded ? "degraded" : "synced")),
            ]
        }
    }
}
