package import Cryptography
package import Messages
package import Primitives

// What keys say of each other and of themselves.
extension Draft {
    /// A root takes a child in; the child consents, unless another key does so in its place.
    package static func link(
        _ root: SigningKey,
        _ child: SigningKey,
        consenting: SigningKey? = nil
    ) -> Draft {
        let (rootNode, childNode) = (NodeID(root.publicKey), NodeID(child.publicKey))
        let consent = (consenting ?? child).sign(rootNode.array + childNode.array)
        return Draft(
            .didLink,
            [
                ("root_key", .string(rootNode.hex)), ("child_key", .string(childNode.hex)),
                ("child_signature", .string(consent.hex)),
            ]
        )
    }

    /// A key gives its place to another; that one consents, unless a third does so in its place.
    package static func rotation(
        _ old: SigningKey,
        _ new: SigningKey,
        consenting: SigningKey? = nil
    ) -> Draft {
        let (oldNode, newNode) = (NodeID(old.publicKey), NodeID(new.publicKey))
        let bytes = KeyRotate.consentBytes(oldKey: oldNode, newKey: newNode)
        return Draft(
            .keyRotate,
            [
                ("old_key", .string(oldNode.hex)), ("new_key", .string(newNode.hex)),
                ("new_key_signature", .string((consenting ?? new).sign(bytes).hex)),
            ]
        )
    }

    /// A root revokes a key, from now or from another time on.
    package static func revocation(
        _ root: NodeID,
        _ key: NodeID,
        from effective: Timestamp? = nil
    ) -> Draft {
        Draft(
            .didRevoke,
            [
                ("root_key", .string(root.hex)), ("revoked_key", .string(key.hex)),
                ("effective_from", effective.map { .integer($0.milliseconds) } ?? .null),
            ]
        )
    }

    /// A node announces itself.
    package static func announcement(
        _ proof: VDFProof,
        addresses: [String] = [],
        capabilities: [String] = [],
        uptimeSeconds: Int64 = 0,
        status: SyncState = .synced
    ) -> Draft {
        Draft(
            .peerAnnounce,
            [
                ("addresses", .array(addresses.map { .string($0) })),
                ("capabilities", .array(capabilities.map { .string($0) })),
                ("version", .integer(0)), ("uptime_seconds", .integer(uptimeSeconds)),
                ("vdf_proof", proof.json), ("sync_status", .string(status.rawValue)),
            ]
        )
    }

    /// What a node says of others.
    package static func assessments(
        _ words: [(subject: NodeID, overall: FixedPoint)],
        formedAt: Timestamp,
        domain: String? = nil
    ) -> Draft {
        let assessments = words.map { subject, overall in
            let score = JSONValue.integer(overall.millionths)
            return JSONValue.object([
                ("node_id", .string(subject.hex)), ("overall", score),
                ("by_domain", .object(domain.map { [($0, score)] } ?? [])),
                ("observation_count", .integer(1)),
                ("last_observed", .integer(formedAt.milliseconds)),
                ("assessment_timestamp", .integer(formedAt.milliseconds)),
            ])
        }
        return Draft(.reputationGossip, [("assessments", .array(assessments))])
    }
}

extension VDFProof {
    /// A proof that costs nothing; it is true, but too easy to be admitted.
    package static func easy(of node: NodeID, at computed: Timestamp) -> VDFProof {
        VDF.prove(node.bytes, computedAt: computed, difficulty: 10)
    }
}
