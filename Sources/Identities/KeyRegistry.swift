public import Messages
import OrderedCollections
public import Primitives

/// Which key acts for whom: the rules of rotation, linking and revocation (§1).
///
/// A pure fold over accepted messages and ratified resolutions. Identity judges by it; Reputation
/// and Consensus fold the same log, so that all three agree at every position of it (ADR 0006).
/// What is accepted has a place in an order that follows from its content, so that the order of
/// arrival does not show (ADR 0014).
public struct KeyRegistry: Sendable, Codable {
    /// What follows from the evidence.
    var table = KeyTable()
    private var evidence = KeyEvidence()
    /// Resolutions that are not in force yet, in order.
    private var pending: [KeyDeed] = []

    /// The empty registry.
    public init() {}

    // MARK: Reading

    /// Whether a link, a rotation, a revocation or a vote that was accepted names a key, also where
    /// another one came before it and it has no effect.
    public func isNamed(_ key: NodeID) -> Bool { !self.evidence.deeds(on: key).isEmpty }

    /// The identity that a key acts for now: its root at the end of all rotations.
    public func identity(of key: NodeID) -> NodeID { self.table.identity(of: key) }

    /// The keys that may sign for an identity, root first.
    public func keys(of identity: NodeID) -> [NodeID] {
        [identity] + (self.table.keys[identity]?.children ?? [])
    }

    /// How many keys may sign for an identity, root included (R-01-046).
    public func keyCount(of identity: NodeID) -> Int { self.table.keyCount(of: identity) }

    /// The key that took the place of this one; nil while it is in use.
    public func successor(of key: NodeID) -> NodeID? { self.table.keys[key]?.rotation?.newKey }

    /// The key that took the place of a key at last; the key itself when none did.
    public func heir(of key: NodeID) -> NodeID { self.table.end(of: key) }

    /// The root that took a key out of its identity, and from when on the key's messages are void
    /// (D-14).
    public func revocation(of key: NodeID) -> (root: NodeID, effective: Timestamp)? {
        self.table.keys[key]?.revocation.map { ($0.root, $0.effective) }
    }

    /// Whether a contradiction of rotations is open over an identity (R-01-013).
    public func isSuspended(_ identity: NodeID) -> Bool { self.table.isSuspended(identity) }

    /// Whether what a key signs counts as signed by a suspended key: its identity is suspended, or the
    /// key is a device with two successors.
    public func isSuspended(signer key: NodeID) -> Bool { self.table.isSuspended(signer: key) }

    /// Keys over which a contradiction is open, in ascending order.
    public var suspended: [NodeID] {
        self.table.keys.keys.filter { self.isSuspended($0) }.sorted()
    }

    /// Identities with more than one key.
    public var linkedIdentities: Int { self.table.keys.values.count { !$0.children.isEmpty } }

    /// Whether a link, a rotation or a revocation that was accepted has an effect at its place in the
    /// order; another one that came later may take it away.
    public func hasEffect(_ id: MessageID) -> Bool { !self.table.idle.contains(id) }

    /// The sender of a message with what restricts it, or why its key may not sign it.
    public func standing(of message: Message) -> Result<SenderStanding, Refusal> {
        self.table.standing(of: message)
    }

    /// What a key stands for when it signs something at a moment, or why it may not sign.
    public func standing(of key: NodeID, at time: Timestamp) -> Result<SenderStanding, Refusal> {
        self.table.standing(of: key, at: time)
    }

    /// The identity for which a key spoke when it signed something at a moment; nil when that is void
    /// (D-14).
    ///
    /// Whoever keeps no messages asks this. Of announcements, which may begin a new life of a revoked
    /// key, the message itself is needed (``standing(of:)``).
    public func owner(of key: NodeID, at time: Timestamp) -> NodeID? {
        guard case .success(let standing) = self.table.standing(of: key, at: time) else {
            return nil
        }
        return standing.identity
    }

    /// Whether what a key signed at a moment is void, because it was revoked or retired before (D-14).
    public func isVoid(signer key: NodeID, at time: Timestamp) -> Bool {
        self.table.isVoid(signer: key, at: time)
    }

    /// The rotations that a conflict notice names and this node does not hold (D-08).
    public func unknownRotations(of oldKey: NodeID, _ ids: [MessageID]) -> [MessageID] {
        let held = self.evidence.deeds(on: oldKey).filter { $0.isRotation(of: oldKey) }.map(\.id)
        return ids.filter { !held.contains($0) }
    }

    /// Whether both rotations that a conflict notice names are held and lead to where it says (D-08).
    ///
    /// The signer of a notice may be anybody, so its words alone prove nothing.
    public func isProven(_ notice: KeyConflict) -> Bool {
        let rotations = self.evidence.deeds(on: notice.oldKey).filter {
            $0.isRotation(of: notice.oldKey)
        }
        let named = [
            (notice.rotateMessage1, notice.newKey1), (notice.rotateMessage2, notice.newKey2),
        ]
        return notice.newKey1 != notice.newKey2
            && named.allSatisfy { id, newKey in
                rotations.contains { $0.id == id && $0.other == newKey }
            }
    }

    // MARK: Judging

    /// Why a message of an identity type does not hold; nil when it may be applied.
    ///
    /// - Parameters:
    ///   - message: signature, time and sender were checked.
    ///   - receivedAt: local arrival time.
    /// - Returns: the rule that it breaks.
    public func refusal(of message: Message, receivedAt: Timestamp) -> Refusal? {
        if let flaw = message.keyFlaw { return flaw }
        guard let deed = KeyDeed(message) else { return nil }
        if let refusal = self.lateness(of: deed, receivedAt: receivedAt) { return refusal }
        guard !self.evidence.isLast(deed),
            let component = self.evidence.component(of: deed.keys),
            let last = component.deeds.last, deed < last
        else { return self.table.objection(to: deed) }
        let past = self.table(of: component, before: deed)
        return past.objection(to: deed) ?? self.table.contention(over: deed)
    }

    /// What arrives after others were settled takes nothing away from them (ADR 0014).
    private func lateness(of deed: KeyDeed, receivedAt: Timestamp) -> Refusal? {
        let isSettled = { (timestamp: Timestamp) in
            receivedAt.milliseconds(since: timestamp) > IdentitiesLimits.settledMilliseconds
        }
        switch deed.kind {
        case .link:
            guard let rotation = self.table.keys[deed.other]?.rotation,
                isSettled(rotation.timestamp)
            else { return nil }
            return KeyTable.rotatedChild
        case .rotate: return self.lateness(ofRotation: deed, receivedAt, isSettled)
        case .revoke, .announce, .resolve: return nil
        }
    }

    private func lateness(
        ofRotation deed: KeyDeed,
        _ receivedAt: Timestamp,
        _ isSettled: (Timestamp) -> Bool
    ) -> Refusal? {
        if self.isNamed(deed.other, asSuccessorOf: deed.signer) { return nil }
        let isDisplacing = self.evidence.deeds(on: deed.other).contains {
            deed < $0 && !$0.isRotation(of: deed.signer) && isSettled($0.timestamp)
        }
        if isDisplacing { return Refusal(.rule, "new_key has been in use for days") }
        guard let first = self.successor(of: deed.signer), first != deed.other else { return nil }
        let rotations = self.evidence.deeds(on: deed.signer).filter {
            $0.isRotation(of: deed.signer)
        }
        let age = receivedAt.milliseconds(since: deed.timestamp)
        guard age <= IdentitiesLimits.lateRotationMilliseconds,
            Set(rotations.map(\.other)).count < IdentitiesLimits.successorsMax
        else { return Refusal(.rule, "the key was rotated to \(first) before") }
        return nil
    }

    /// Whether a vote named the successor; its rotation holds however late it comes.
    private func isNamed(_ successor: NodeID, asSuccessorOf key: NodeID) -> Bool {
        (self.evidence.deeds(on: key) + self.pending).contains {
            $0.isResolution(of: key) && $0.other == successor
        }
    }

    // MARK: Folding

    /// Folds an accepted message of any type.
    ///
    /// - Returns: what it changed.
    @discardableResult
    public mutating func apply(_ message: Message) -> [KeyChange] {
        switch message.payload {
        case .didLink, .didRevoke, .keyRotate:
            return KeyDeed(message).map { self.insert($0) } ?? []
        case .peerAnnounce:
            guard let revocation = self.table.keys[message.from]?.revocation,
                message.startsOver(after: revocation.timestamp),
                revocation.rebornAt.map({ message.timestamp < $0 }) ?? true
            else { return [] }
            return KeyDeed(message).map { self.insert($0) } ?? []
        case .keyConflict: return []
        default: return self.speaks(message.from, at: message.timestamp)
        }
    }

    /// Whether a proof of this time lets a revoked key start over that has not done so yet (D-13).
    public func startsOver(_ start: KeyStartedOver) -> Bool {
        guard let revocation = self.table.keys[start.key]?.revocation else { return false }
        return revocation.rebornAt == nil && start.computedAt > revocation.timestamp
    }

    /// A revoked key proved its delay anew in a handshake.
    ///
    /// - Returns: what that changed.
    public mutating func apply(_ start: KeyStartedOver) -> [KeyChange] {
        self.startsOver(start) ? self.insert(KeyDeed(start)) : []
    }

    /// A vote named the successor of a key with two (D-61); it holds from its effective time on.
    public mutating func ratified(_ resolution: ResolutionRatified) {
        guard let deed = KeyDeed(resolution), !self.pending.contains(where: { $0.id == deed.id }),
            !self.evidence.deeds(on: deed.signer).contains(where: { $0.id == deed.id })
        else { return }
        self.pending.append(deed)
        self.pending.sort { $0 < $1 }
    }

    /// Time passes by entries of the log: resolutions come into force.
    ///
    /// - Returns: what they changed.
    public mutating func advance(to time: Timestamp) -> [KeyChange] {
        var changes: [KeyChange] = []
        while let next = self.pending.first, next.timestamp <= time {
            self.pending.removeFirst()
            changes += self.insert(next)
        }
        return changes
    }

    private mutating func insert(_ deed: KeyDeed) -> [KeyChange] {
        let deed = self.marked(deed)
        let isInOrder = self.evidence.isLast(deed) && !self.table.isRetroactive(deed)
        guard self.evidence.add(deed) else { return [] }
        guard !isInOrder, let component = self.evidence.component(of: deed.keys),
            component.deeds.last != deed || self.table.isRetroactive(deed)
        else { return self.table.apply(deed) }
        return self.reorder(component)
    }

    /// What is stamped long before a rotation that was heard first contests it and no more: the
    /// holder of a stolen key can put any time on it.
    private func marked(_ deed: KeyDeed) -> KeyDeed {
        var deed = deed
        guard deed.kind == .rotate(contestsOnly: false),
            let first = self.table.keys[deed.signer]?.rotation, first.newKey != deed.other,
            first.timestamp.milliseconds(since: deed.timestamp) > IdentitiesLimits.graceMilliseconds
        else { return deed }
        deed.kind = .rotate(contestsOnly: true)
        return deed
    }

    /// A key has a history; one that turns out to have it before its rotation was not fresh.
    private mutating func speaks(_ key: NodeID, at time: Timestamp) -> [KeyChange] {
        guard self.table.keys[key]?.spokeAt.map({ time < $0 }) ?? true else { return [] }
        self.table.keys[key, default: KeyRecord()].spokeAt = time
        let rotation = self.table.keys[key]?.predecessor.flatMap { self.table.keys[$0]?.rotation }
        guard let rotation,
            rotation.timestamp.milliseconds(since: time) > IdentitiesLimits.clockSkewMilliseconds,
            let component = self.evidence.component(of: [key])
        else { return [] }
        return self.reorder(component)
    }

    // MARK: Order

    private mutating func reorder(_ component: KeyEvidence.Component) -> [KeyChange] {
        let after = self.table(of: component)
        var before = KeyTable()
        for key in component.keys { before.keys[key] = self.table.keys[key] }
        self.table.replace(component, by: after)
        return KeyComparison(before: before, after: after, keys: component.keys.sorted()).changes
    }

    private func table(of component: KeyEvidence.Component, before deed: KeyDeed? = nil)
        -> KeyTable
    {
        let spokeAt = component.keys.map { ($0, self.table.keys[$0]?.spokeAt) }
        return KeyTable(
            component.deeds.prefix { one in deed.map { one < $0 } ?? true },
            spokeAt: OrderedDictionary(uniqueKeysWithValues: spokeAt)
        )
    }
}

extension KeyRegistry: Digestible {
    /// Writes down what was accepted and what follows from it.
    public func digest(into writer: inout some StateWriter) {
        writer.field("table", self.table)
        writer.field("evidence", self.evidence)
        writer.field("pending", self.pending)
    }
}
