import Messages
import OrderedCollections
import Primitives

/// State snapshots: those of this node, those of others, and what follows from them (§5, ADR 0069).
struct Snapshots: Sendable {
    /// What the own trees, and what peers reported of scores, say of snapshots that agree.
    struct Finding: Sendable, Equatable {
        /// Both own roots are those of the snapshots, and nobody else says anything else.
        let hasSameTrees: Bool
        /// One of the publishers thinks the same of everybody (R-05-060).
        let hasSameScores: Bool
    }

    private var publisher = SnapshotPublisher()
    private var poll = SnapshotPoll()
    private var shelf = SnapshotShelf()
    /// Identities that peers agree to be worth 0.7 or more; nil while they have not been asked.
    private var trusted: Set<NodeID>?
    /// Hash over what peers agree on.
    private var summary: Bytes32?
    /// What publishers agree on, until it was compared.
    private var agreement: SnapshotAgreement?
    /// What peers hold that published none of these snapshots.
    private var outsiders: [Roots] = []
    private var isOver = false

    // MARK: Own snapshots

    /// Puts a snapshot together when one is due.
    mutating func publish(isSynced: Bool, _ chance: Chance, now: Timestamp) -> [SyncAction] {
        self.publisher.next(isSynced: isSynced, chance, now: now)
    }

    /// What a peer that asks for snapshots is served.
    func served(now: Timestamp) -> [[UInt8]] { self.shelf.served(now: now) }

    // MARK: Those of others

    /// Peers were asked for scores: their uncapped aggregate decides who is believed (D-32, R-16-151).
    mutating func heard(_ agreed: [ScoresReported.Bound]) {
        let able = agreed.filter { Capability.publishSnapshot.isPermitted(at: $0.score) }
        self.trusted = Set(able.map(\.identity))
        self.summary = ReputationSummary.hash(
            of: agreed.map { .init(identity: $0.identity, score: $0.score) }
        )
    }

    /// Asks peers that say they are synced and that are believed (R-05-048).
    mutating func ask(
        _ candidates: Candidates,
        busy: NodeID?,
        _ numbers: inout ExchangeNumbers,
        now: Timestamp
    ) -> [SyncAction] {
        guard self.trusted != nil, !self.isOver else { return [] }
        let able = self.able(among: candidates)
        return self.poll.next(among: able, busy: busy, &numbers, now: now)
    }

    private func able(among candidates: Candidates) -> [NodeID] {
        candidates.fit.filter { candidate in
            candidate.state == .synced && self.isTrusted(candidate.node, candidate)
        }.map(\.node)
    }

    private func isTrusted(_ identity: NodeID, _ node: Candidate?) -> Bool {
        (node?.isBootstrap ?? false) || (self.trusted?.contains(identity) ?? false)
    }

    /// A peer answered something.
    ///
    /// - Returns: the snapshots in it; nil when it was no answer to a request for them.
    mutating func take(_ response: SyncResponse, on exchange: OutboundExchange, now: Timestamp)
        -> [SyncAction]?
    {
        self.poll.take(response, on: exchange, now: now)?
            .map { .admit($0.canonical, from: exchange.peer) }
    }

    /// Admission refused one.
    ///
    /// - Returns: whether it was waited for.
    mutating func refused(_ id: MessageID, _ origin: Origin) -> Bool {
        self.poll.arrived(id, origin)
    }

    mutating func failed(_ exchange: UInt64) { self.poll.failed(exchange) }

    mutating func disconnected(_ peer: NodeID) { self.poll.disconnected(peer) }

    /// Admission let one through.
    ///
    /// - Returns: why it is not kept; nil when it is.
    mutating func judge(
        _ snapshot: StateSnapshot,
        _ admitted: AdmittedMessage,
        among candidates: Candidates,
        now: Timestamp
    ) -> Refusal? {
        let (message, identity) = (admitted.message, admitted.sender.identity)
        let wasExpected = self.poll.arrived(message.id, admitted.origin)
        if let objection = snapshot.objection(now: now) { return objection }
        let node = candidates.candidate(message.from)
        let kept = KeptSnapshot(
            message: message,
            snapshot: snapshot,
            publisher: identity,
            network: node?.network
        )
        switch admitted.origin {
        case .local:
            self.shelf.keep(own: kept)
        case .sync where !wasExpected:
            return Refusal(.rule, "this node did not ask for this snapshot")
        case .sync where !self.isTrusted(identity, node):
            return Refusal(.belowGate, "the publisher of a snapshot needs a score of 0.7")
        case .sync:
            self.shelf.keep(kept)
        case .gossip, .exchange, .answer:
            return Refusal(.wrongTopic, "snapshots come in answers of sync only")
        }
        return nil
    }

    // MARK: What they agree on

    /// Looks whether snapshots agree; then the own roots are asked for, once.
    ///
    /// It does when this node has caught up and everybody was asked, and when two synced peers that published
    /// none of these snapshots, and more than half of all such peers, have said what they hold (R-05-036):
    /// publishers that made up this node's whole team would only agree with what they served. Until enough
    /// agree those are asked, too, who turn out to be synced later.
    ///
    /// - Parameters:
    ///   - candidates: the peers there are.
    ///   - roots: what each of them said last of what it holds.
    ///   - now: the present.
    /// - Returns: the question for the own roots, or nothing.
    mutating func conclude(
        _ candidates: Candidates,
        telling roots: OrderedDictionary<NodeID, Roots>,
        now: Timestamp
    ) -> [SyncAction] {
        guard self.trusted != nil, !self.isOver,
            self.poll.isOver(among: self.able(among: candidates))
        else { return [] }
        guard let agreement = SnapshotAgreement(among: self.shelf.collected(now: now)) else {
            self.isOver = self.poll.isSpent
            return []
        }
        let others = candidates.fit.filter {
            $0.state == .synced && !agreement.signers.contains($0.node)
        }
        self.outsiders = others.compactMap { roots[$0.node] }
        let enough = max(SnapshotLimits.outsidersMin, others.count / 2 + 1)
        guard self.outsiders.count >= enough else { return [] }
        self.agreement = agreement
        self.isOver = true
        return [.ask(.tree(.proposal, .root, .own(.snapshots, proposals: nil)))]
    }

    /// The own roots were told.
    ///
    /// - Returns: how they compare, and from when on this node reads again if they differ.
    mutating func compare(_ own: Roots) -> (finding: Finding, since: Timestamp?)? {
        guard let agreement else { return nil }
        self.agreement = nil
        let isSame = agreement.roots == own && !agreement.isDisputed(by: self.outsiders)
        let finding = Finding(
            hasSameTrees: isSame,
            hasSameScores: self.summary.map(agreement.summaries.contains) ?? false
        )
        return (finding, isSame ? nil : agreement.readingBegins)
    }
}
