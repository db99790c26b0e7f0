import Messages
import OrderedCollections
import Primitives

/// What the trees of synced peers, and messages that come late, say of a partition of the network
/// (§12, ADR 0064).
///
/// It is told what was found, and says how grave that is; it asks nobody. Differences with peers that are
/// still syncing are none (R-05-009): they are what sync is for. Logs are often equal before anybody has
/// compared trees, and votes are in none: so what sync brings long after it was said counts as well.
struct PartitionWatch: Sendable, Codable {
    /// What follows from a comparison.
    struct Finding: Sendable, Equatable {
        /// Nil when it says nothing of a partition.
        var severity: PartitionSeverity?
        /// Messages to fetch at once: a revocation may be among them (R-05-070).
        var wanted: [MessageID] = []
        /// A partition was open, and the last of its differences has gone.
        var isHealed = false

        static let nothing = Finding()

        /// What others are told of it.
        var actions: [SyncAction] {
            let warnings = self.severity.flatMap { severity -> SyncAction? in
                severity > .info ? .warnOfPartition(severity) : nil
            }
            return [warnings].compactMap { $0 } + (self.isHealed ? [.partitionHealed] : [])
        }
    }

    private struct Place: Hashable, Sendable, Codable {
        let peer: NodeID
        let tree: SyncRequest.Tree
    }

    private struct Open: Sendable, Codable {
        let since: Timestamp
        var seenAt: Timestamp
        var severity: PartitionSeverity
        /// Identity messages that this node lacks; what they are shows when they come.
        var unknown: OrderedSet<MessageID>
    }

    private struct Late: Sendable, Codable {
        let since: Timestamp
        let at: Timestamp
    }

    private var open: OrderedDictionary<Place, Open> = [:]
    /// The gravest severity since nothing was open.
    private var worst: PartitionSeverity?
    /// How old a message is that only a partition can have kept away, in milliseconds.
    private let lateMilliseconds: Int64
    /// When the first and the last such message came; nil once outcomes were looked at anew.
    private var late: Late?

    /// Nothing is known yet.
    ///
    /// - Parameter cycleMilliseconds: the time between two incremental syncs. Within two of them everything is
    ///   everywhere that no partition keeps away (R-05-108).
    init(cycleMilliseconds: Int64) { self.lateMilliseconds = 2 * cycleMilliseconds }

    // MARK: How grave it is

    /// The severity of a difference between open proposals, of which the two sides know so many together;
    /// nil when there are none (R-12-006).
    static func severity(ofProposals difference: Int, among union: Int) -> PartitionSeverity? {
        guard union > 0 else { return nil }
        let shares = (Int128(difference) * 100, Int128(union))
        if shares.0 < shares.1 * SyncLimits.warningPercent { return .info }
        return shares.0 <= shares.1 * SyncLimits.criticalPercent ? .warning : .critical
    }

    private static func severity(_ divergence: Divergence) -> PartitionSeverity? {
        switch divergence.tree {
        case .proposal:
            Self.severity(
                ofProposals: divergence.count,
                among: divergence.held + divergence.onlyThere.count
            )
        // R-05-068. What is only there may be a revocation: that is known when it was fetched, which is done
        // at once. A revocation that is only here is critical to the peer.
        case .identity: divergence.count == 0 ? nil : .info
        }
    }

    // MARK: What happens

    /// The trees of this node and a peer were compared to their leaves.
    ///
    /// - Parameters:
    ///   - divergence: what was found.
    ///   - areSynced: whether both count as synced (R-05-010).
    ///   - now: the time.
    /// - Returns: what follows.
    mutating func found(_ divergence: Divergence, areSynced: Bool, now: Timestamp) -> Finding {
        guard areSynced else { return .nothing }
        guard divergence.count > 0 else {
            return self.equal(divergence.tree, with: divergence.peer, now: now)
        }
        let place = Place(peer: divergence.peer, tree: divergence.tree)
        let isIdentity = divergence.tree == .identity
        guard let severity = Self.severity(divergence), self.makeRoom(for: place) else {
            return .nothing
        }
        let before = self.open[place]
        // A revocation that was fetched stays what the difference was about, until the trees are equal.
        let gravest = isIdentity ? max(severity, before?.severity ?? severity) : severity
        self.open[place] = Open(
            since: before?.since ?? now,
            seenAt: now,
            severity: gravest,
            unknown: isIdentity ? OrderedSet(divergence.onlyThere) : []
        )
        self.worst = max(self.worst ?? gravest, gravest)
        return Finding(severity: gravest, wanted: isIdentity ? divergence.onlyThere : [])
    }

    private func makeRoom(for place: Place) -> Bool {
        self.open[place] != nil || self.open.count < SyncLimits.openDifferencesMax
    }

    /// The roots of a tree are equal here and at a peer.
    mutating func equal(_ tree: SyncRequest.Tree, with peer: NodeID, now: Timestamp) -> Finding {
        self.open[Place(peer: peer, tree: tree)] = nil
        return self.settled(now: now)
    }

    /// A message is in the log: it may be one that a peer's tree had and this node's had not, or one that
    /// comes from the other side of a partition.
    mutating func logged(_ admitted: AdmittedMessage) {
        let message = admitted.message
        self.noteLate(admitted)
        for (place, difference) in self.open where difference.unknown.contains(message.id) {
            self.open[place]?.unknown.remove(message.id)
            guard message.type == .didRevoke, difference.severity < .critical else { continue }
            self.open[place]?.severity = .critical
            self.worst = .critical
        }
    }

    /// The replay is over: what came long ago was looked at in an earlier life, and looking again whenever a node
    /// starts would have votes counted here alone.
    mutating func started(now: Timestamp) {
        guard let late, now.milliseconds(since: late.at) >= SyncLimits.differenceMilliseconds
        else { return }
        self.late = nil
    }

    /// Notes what bears on outcomes, and was said long before sync brought it.
    private mutating func noteLate(_ admitted: AdmittedMessage) {
        guard case .sync = admitted.origin, let phase = admitted.message.type?.syncPhase,
            SyncPhases.ofOutcomes.contains(phase)
        else { return }
        let age = admitted.receivedAt.milliseconds(since: admitted.message.timestamp)
        guard age > self.lateMilliseconds else { return }
        self.late = Late(since: self.late?.since ?? admitted.receivedAt, at: admitted.receivedAt)
    }

    /// Time passes: what nobody has shown for long is no difference any more, and what came late has come.
    mutating func lookAround(isCatchingUp: Bool, now: Timestamp) -> Finding {
        if !isCatchingUp, let late {
            // Whoever brings something late again and again keeps nobody from counting.
            let isQuiet = now.milliseconds(since: late.at) >= SyncLimits.lateQuietMilliseconds
            let isLong = now.milliseconds(since: late.since) >= SyncLimits.differenceMilliseconds
            if isQuiet || isLong {
                self.late = nil
                return Finding(isHealed: true)
            }
        }
        let count = self.open.count
        self.open.removeAll {
            now.milliseconds(since: $1.seenAt) >= SyncLimits.differenceMilliseconds
        }
        return self.open.count == count ? .nothing : self.settled(now: now)
    }

    /// Whether what was open has gone; small differences come and go without a partition.
    private mutating func settled(now: Timestamp) -> Finding {
        guard self.open.isEmpty, let worst = self.worst else { return .nothing }
        self.worst = nil
        return Finding(isHealed: worst > .info)
    }

    // MARK: What people see

    /// What is open; nil when nothing is.
    var report: PartitionReport? {
        guard let worst = self.open.values.map(\.severity).max(),
            let since = self.open.values.map(\.since).min()
        else { return nil }
        return PartitionReport(
            severity: worst,
            since: since,
            peers: OrderedSet(self.open.keys.map(\.peer)).count,
            advice: self.advice
        )
    }

    private var advice: String? {
        let critical = self.open.filter { $0.value.severity == .critical }
        if critical.keys.contains(where: { $0.tree == .identity }) {
            return
                "peers know of revoked keys that this node did not, or the other way round; it fetches "
                + "what it lacks, and whoever knows the operators of peers should ask why they differ"
        }
        guard !critical.isEmpty else { return nil }
        return
            "more than a fifth of the open proposals is known to one side alone; wait with votes that "
            + "matter until sync has evened this out, and look at the node's connections if it does not"
    }
}

extension Divergence {
    /// Messages that one side alone has.
    fileprivate var count: Int { self.onlyHere + self.onlyThere.count }
}
