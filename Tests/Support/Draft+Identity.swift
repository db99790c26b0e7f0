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
        return Draft(DIDLink(rootKey: rootNode, childKey: childNode, childSignature: consent))
    }

    /// A key gives its place to another; that one consents, unless a third does so in its place.
    package static func rotation(
        _ old: SigningKey,
        _ new: SigningKey,
        consenting: SigningKey? = nil
    ) -> Draft {
        let (oldNode, newNode) = (NodeID(old.publicKey), NodeID(new.publicKey))
        let bytes = KeyRotate.consentBytes(oldKey: oldNode, newKey: newNode)
        let consent = (consenting ?? new).sign(bytes)
        return Draft(KeyRotate(oldKey: oldNode, newKey: newNode, newKeySignature: consent))
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
            PeerAnnounce(
                addresses: addresses,
                capabilities: capabilities,
                version: 0,
                uptimeSeconds: uptimeSeconds,
                vdfProof: proof,
                syncStatus: status
            )
        )
    }

    /// What a node says of others.
    package static func assessments(
        _ words: [(subject: NodeID, overall: FixedPoint)],
        formedAt: Timestamp,
        domain: String? = nil
    ) -> Draft {
        let assessments = words.map { subject, overall in
            ReputationGossip.Assessment(
                nodeID: subject,
                overall: overall,
                byDomain: domain.map { [.init(name: $0, score: overall)] } ?? [],
                observationCount: 1,
                lastObserved: formedAt,
                assessmentTimestamp: formedAt
            )
        }
        return Draft(ReputationGossip(assessments: assessments))
    }
}

extension VDFProof {
    /// A proof that costs nothing; it is true, but too easy to be admitted.
    package static func easy(of node: NodeID, at computed: Timestamp) -> VDFProof {
        VDF.prove(node.bytes, computedAt: computed, difficulty: 10)
    }
}
