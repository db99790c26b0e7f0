import Cryptography
package import Messages
package import Primitives

/// People with numbers and their numbered messages.
///
/// State machines are given messages whose signatures were checked, so these carry none; only the
/// consent in links and rotations is real. Everything that comes back is made once.
package final class ModelCast {
    package static let start: Int64 = 1_767_225_600_000

    private struct Written {
        let type: MessageType
        let payload: Payload
        let bytes: [UInt8]
    }

    private var keys: [Int: SigningKey] = [:]
    private var nodes: [Int: NodeID] = [:]
    private var numbers: [NodeID: Int] = [:]
    private var ids: [Int: MessageID] = [:]
    private var written: [String: Written] = [:]
    private let signature: Signature

    package init() throws { self.signature = try SigningKey.named("anybody").sign([0]) }

    // MARK: Names

    private func key(_ number: Int) throws -> SigningKey {
        if let key = self.keys[number] { return key }
        let key = try SigningKey.named("person \(number)")
        self.keys[number] = key
        return key
    }

    package func node(_ number: Int) throws -> NodeID {
        if let node = self.nodes[number] { return node }
        let node = NodeID(try self.key(number).publicKey)
        self.nodes[number] = node
        self.numbers[node] = number
        return node
    }

    /// The number of a person that was named before; -1 for nobody.
    package func number(_ node: NodeID) -> Int { self.numbers[node] ?? -1 }

    package func id(_ number: Int) -> MessageID {
        if let id = self.ids[number] { return id }
        let id = MessageID.named("message \(number)")
        self.ids[number] = id
        return id
    }

    // MARK: Messages

    /// A message; one that comes again with the same memo is not written anew.
    package func message(
        _ number: Int,
        by person: Int,
        at time: Int64,
        memo: String?,
        _ draft: () throws -> Draft
    ) throws -> Message {
        let timestamp = Timestamp(milliseconds: time)
        let content: Written
        if let memo, let known = self.written[memo] {
            content = known
        } else {
            content = try Self.write(try draft(), at: timestamp)
            if let memo { self.written[memo] = content }
        }
        return Message(
            id: self.id(number),
            from: try self.node(person),
            timestamp: timestamp,
            version: 0,
            typeName: content.type.rawValue,
            type: content.type,
            payload: content.payload,
            signature: self.signature,
            canonical: content.bytes,
            payloadRange: content.bytes.indices
        )
    }

    private static func write(_ draft: Draft, at timestamp: Timestamp) throws -> Written {
        let bytes = draft.payload.canonicalBytes()
        let payload = try Payload(
            type: draft.type,
            decoding: try JSONDocument(scanning: bytes).root,
            timestamp: timestamp
        )
        return Written(type: draft.type, payload: payload, bytes: bytes)
    }

    package func link(_ number: Int, _ root: Int, _ child: Int, at time: Int64) throws -> Message {
        try self.message(number, by: root, at: time, memo: "link \(root) \(child)") {
            .link(try self.key(root), try self.key(child))
        }
    }

    package func rotation(_ number: Int, _ old: Int, _ new: Int, at time: Int64) throws -> Message {
        try self.message(number, by: old, at: time, memo: "rotate \(old) \(new)") {
            .rotation(try self.key(old), try self.key(new))
        }
    }

    package func revocation(_ number: Int, _ root: Int, _ key: Int, from: Int64, at time: Int64)
        throws -> Message
    {
        try self.message(number, by: root, at: time, memo: nil) {
            .revocation(
                try self.node(root),
                try self.node(key),
                from: Timestamp(milliseconds: from)
            )
        }
    }

    /// An announcement; its proof counts as computed now, or long ago.
    package func announcement(
        _ number: Int,
        by person: Int,
        at time: Int64,
        network: Int? = nil,
        isProofNew: Bool = false,
        isDegraded: Bool = false
    ) throws -> Message {
        let memo = "announce \(person) \(network ?? -1) \(isDegraded)"
        return try self.message(number, by: person, at: time, memo: isProofNew ? nil : memo) {
            let computed = Timestamp(milliseconds: isProofNew ? time : Self.start - 1)
            return .announcement(
                .easy(of: try self.node(person), at: computed),
                addresses: network.map { ["/ip4/20.\($0).0.1/tcp/1"] } ?? [],
                status: isDegraded ? .degraded : .synced
            )
        }
    }
}
