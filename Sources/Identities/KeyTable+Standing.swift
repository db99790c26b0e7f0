import Cryptography
import Messages
import OrderedCollections
import Primitives

// Who the sender of a message is, and whether the key may still sign.
extension KeyTable {
    /// The sender of a message with what restricts it, or why its key may not sign it.
    func standing(of message: Message) -> Result<SenderStanding, Refusal> {
        self.standing(of: message.from, at: message.timestamp) { message.startsOver(after: $0) }
    }

    /// The same of something else than an announcement, of which only the signature and the time are
    /// kept.
    func standing(
        of key: NodeID,
        at time: Timestamp,
        startsOver: (Timestamp) -> Bool = { _ in false }
    ) -> Result<SenderStanding, Refusal> {
        guard self.keys[key] != nil else { return .success(SenderStanding(identity: key)) }
        if let refusal = self.retired(key, at: time) { return .failure(refusal) }
        guard let revocation = self.revocation(along: key) else {
            return .success(self.standing(of: key, votingOpensAt: self.opening(before: key)))
        }
        let opening = self.opening(after: revocation)
        if let rebornAt = revocation.rebornAt, time >= rebornAt {
            return .success(self.standing(of: key, votingOpensAt: opening))
        }
        if time < revocation.effective {
            return .success(self.standing(of: revocation.root, signer: key))
        }
        if startsOver(revocation.timestamp) {
            return .success(SenderStanding(identity: key, votingOpensAt: opening))
        }
        return .failure(self.revoked(revocation))
    }

    private func standing(
        of key: NodeID,
        signer: NodeID? = nil,
        votingOpensAt: Timestamp? = nil
    ) -> SenderStanding {
        let identity = self.identity(of: key)
        return SenderStanding(
            identity: identity,
            keyCount: self.keyCount(of: identity),
            isSuspended: [key, signer ?? key].contains { self.isSuspended(signer: $0) },
            votingOpensAt: votingOpensAt
        )
    }

    /// A device is suspended alone: its root has contradicted nothing.
    func isSuspended(signer key: NodeID) -> Bool {
        self.isSuspended(self.identity(of: key)) || self.isSuspended(self.end(of: key))
    }

    /// Whether a contradiction of rotations is open over an identity (R-01-013).
    ///
    /// A suspended key cannot shake it off by rotating on; it ends for all successors of a key with
    /// the place of that key.
    func isSuspended(_ identity: NodeID) -> Bool {
        var key: NodeID? = identity
        while let current = key, let record = self.keys[current] {
            if !record.contested.isEmpty { return true }
            key = record.predecessor
        }
        return false
    }

    /// Why a key could not sign a deed at its time.
    func silence(of deed: KeyDeed) -> Refusal? {
        if let refusal = self.retired(deed.signer, at: deed.timestamp) { return refusal }
        guard self.isVoid(signer: deed.signer, at: deed.timestamp),
            let revocation = self.revocation(along: deed.signer)
        else { return nil }
        return self.revoked(revocation)
    }

    /// Whether what a key signed at a moment is void (D-14); its announcements may not be.
    func isVoid(signer key: NodeID, at time: Timestamp) -> Bool {
        if self.retired(key, at: time) != nil { return true }
        guard let revocation = self.revocation(along: key), time >= revocation.effective else {
            return false
        }
        return revocation.rebornAt.map { time < $0 } ?? true
    }

    /// A retired key signs for one hour more, by message time (R-01-010 to R-01-012).
    private func retired(_ key: NodeID, at time: Timestamp) -> Refusal? {
        guard let rotation = self.keys[key]?.rotation,
            time.milliseconds(since: rotation.timestamp) > IdentitiesLimits.graceMilliseconds
        else { return nil }
        return Refusal(.keyNotValid, "this key was rotated to \(rotation.newKey); sign with that")
    }

    private func revoked(_ revocation: KeyRecord.Revocation) -> Refusal {
        Refusal(
            .keyNotValid,
            "this key was revoked by \(revocation.root); announce it with a fresh proof of delay "
                + "to start over"
        )
    }

    /// What a key signed before it was rotated shares the fate of the key that took its place.
    private func revocation(along key: NodeID) -> KeyRecord.Revocation? {
        var current = key
        while true {
            let record = self.keys[current]
            if let revocation = record?.revocation { return revocation }
            guard let next = record?.rotation?.newKey else { return nil }
            current = next
        }
    }

    /// A key that started over passes its waiting time on to its successors (R-01-041).
    private func opening(before key: NodeID) -> Timestamp? {
        var current = key
        while let previous = self.keys[current]?.predecessor {
            if let revocation = self.keys[previous]?.revocation {
                return self.opening(after: revocation)
            }
            current = previous
        }
        return nil
    }

    private func opening(after revocation: KeyRecord.Revocation) -> Timestamp {
        revocation.timestamp.adding(milliseconds: IdentitiesLimits.cooldownMilliseconds)
    }
}

extension Message {
    /// Whether this announcement starts a revoked key's own life (D-13).
    func startsOver(after revokedAt: Timestamp) -> Bool {
        guard case .peerAnnounce(let announcement) = self.payload else { return false }
        return announcement.vdfProof.computedAt > revokedAt
    }
}
