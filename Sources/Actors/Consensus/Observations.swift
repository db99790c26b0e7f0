import Identities
import Messages
import OrderedCollections
import Primitives

/// What the log tells about the network, apart from proposals and votes.
struct Observations: Sendable, Codable {
    fileprivate struct Pair: Hashable, Sendable, Codable {
        let challenger: NodeID
        let challenged: NodeID
    }

    /// What a key said of the beginning of governance.
    fileprivate struct Hint: Sendable, Codable {
        let at: Timestamp
        let since: Timestamp?
    }

    private(set) var states = AnnouncedStates()
    /// Newest finished exchange of each pair of keys.
    private var pairs: OrderedDictionary<Pair, Timestamp> = [:]
    /// The beginning of governance that a key announced last (D-59).
    private var hints: [NodeID: Hint] = [:]
    /// Identities that count as proven without an announcement: the founders and this node, whose own
    /// announcements are not in its log (ADR 0007, ADR 0025).
    private let vouched: Set<NodeID>

    init(vouched: Set<NodeID> = []) { self.vouched = vouched }

    /// Folds a logged message.
    mutating func note(_ message: Message) {
        switch message.payload {
        case .peerAnnounce(let announcement):
            self.states.note(
                message.from,
                isDegraded: announcement.syncStatus == .degraded,
                at: message.timestamp
            )
            self.hint(announcement.governanceSince, message)
        case .challengeResult(let result):
            self.finished(
                Pair(challenger: message.from, challenged: result.challengedNode),
                at: message.timestamp
            )
        default: break
        }
    }

    /// Identities that announced themselves with a proof of delay, by any key (ADR 0025).
    func proven(_ signers: Signers) -> Set<NodeID> {
        Set((Array(self.hints.keys) + self.vouched).map { signers.registry.identity(of: $0) })
    }

    private mutating func hint(_ since: Timestamp?, _ message: Message) {
        if let known = self.hints[message.from], known.at > message.timestamp { return }
        self.hints[message.from] = Hint(at: message.timestamp, since: since)
    }

    /// What an identity said last, by any of its keys.
    private func hint(of identity: NodeID, _ signers: Signers) -> Timestamp? {
        signers.keys(thatSignedFor: identity)
            .filter { signers.registry.identity(of: $0) == identity }
            .compactMap { self.hints[$0] }
            .max { ($0.at, $0.since ?? $0.at) < ($1.at, $1.since ?? $1.at) }?.since
    }

    private mutating func finished(_ pair: Pair, at moment: Timestamp) {
        guard pair.challenger != pair.challenged else { return }
        self.pairs[pair] = max(self.pairs[pair] ?? moment, moment)
        if self.pairs.count > ConsensusLimits.pairsRememberedMax { self.pairs.removeFirst() }
    }

    /// Distinct pairs of proven identities with an exchange in the window (R-08-025).
    func challengePairs(_ signers: Signers, _ proven: Set<NodeID>, now: Timestamp) -> Int {
        var distinct: OrderedSet<Pair> = []
        for (pair, moment) in self.pairs {
            let age = now.milliseconds(since: moment)
            guard age <= ConsensusLimits.activityWindowMilliseconds else { continue }
            let challenger = signers.registry.identity(of: pair.challenger)
            let challenged = signers.registry.identity(of: pair.challenged)
            guard challenger != challenged, proven.contains(challenger),
                proven.contains(challenged)
            else { continue }
            distinct.append(Pair(challenger: challenger, challenged: challenged))
        }
        return distinct.count
    }

    /// The lower median of what the best-rated active peers say, when enough of them agree (D-59).
    ///
    /// Peers that name no beginning keep their places among the best-rated ones: otherwise a few liars
    /// could be enough to agree.
    func governanceHint(_ scores: Scores.Reply, _ signers: Signers, own: NodeID?) -> Timestamp? {
        let own = own.map { signers.registry.identity(of: $0) }
        let said = scores.entries.filter { $0.isActive && $0.identity != own }
            .sorted { ($1.overall, $0.identity) < ($0.overall, $1.identity) }
            .prefix(ConsensusLimits.hintPeers)
            .compactMap { self.hint(of: $0.identity, signers) }
            .sorted()
        guard let first = said.first else { return nil }
        let median = said.dropFirst((said.count - 1) / 2).first ?? first
        let agreeing = said.count {
            median.milliseconds(since: $0).magnitude
                <= ConsensusLimits.hintSpreadMilliseconds.magnitude
        }
        return agreeing >= ConsensusLimits.hintPeersAgreeing ? median : nil
    }
}

extension Observations: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("states", self.states)
        writer.field("pairs", self.pairs)
        writer.field("hints", self.hints)
    }
}

extension Observations.Pair: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("challenger", self.challenger)
        writer.field("challenged", self.challenged)
    }
}

extension Observations.Hint: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("since", self.since)
    }
}
