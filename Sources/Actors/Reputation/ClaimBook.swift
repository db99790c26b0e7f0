import Identities
import Messages
import OrderedCollections
import Primitives

/// What people found when they verified the claims of proposals (D-45).
struct ClaimBook: Sendable, Codable {
    /// One claim of one proposal.
    struct Claim: Hashable, Sendable, Codable {
        let proposal: MessageID
        let index: Int64
    }

    /// One identity's finding.
    struct Voice: Sendable, Codable {
        let isTrue: Bool
        let timestamp: Timestamp
        let id: MessageID

        static func < (one: Self, other: Self) -> Bool {
            (one.timestamp, one.id) < (other.timestamp, other.id)
        }
    }

    /// A finding with who found it.
    struct Statement: Sendable, Codable {
        let claim: Claim
        var speaker: NodeID
        let voice: Voice
    }

    /// Enough independent people agree.
    struct Finding: Sendable, Equatable {
        let isTrue: Bool
        /// Who agreed, sorted.
        let voices: [NodeID]
        /// The earliest of them by (timestamp, id).
        let first: NodeID
        /// When the latest of them spoke.
        let at: Timestamp
    }

    private var open: OrderedDictionary<Claim, OrderedDictionary<NodeID, Voice>> = [:]
    private var settled: OrderedSet<Claim> = []
    /// What was found before the proposal came, by the comment that says it.
    private var early: OrderedDictionary<MessageID, Statement> = [:]

    // MARK: Hearing

    /// Keeps what was found of a proposal that is not known yet; when there is too much, the oldest
    /// goes.
    mutating func wait(_ statement: Statement) {
        self.early[statement.voice.id] = statement
        if self.early.count > EarningLimits.claimsMax { self.early.removeFirst() }
    }

    /// Takes out what was found of a proposal before it came, in the order of the times.
    mutating func takeEarly(on proposal: MessageID) -> [Statement] {
        let ready = self.early.values.filter { $0.claim.proposal == proposal }
        self.early.removeAll { $0.value.claim.proposal == proposal }
        return ready.sorted { $0.voice < $1.voice }
    }

    /// Notes a finding; an identity's first one stands, by what was signed.
    mutating func heard(_ statement: Statement) {
        let (claim, speaker) = (statement.claim, statement.speaker)
        guard !self.settled.contains(claim) else { return }
        if let own = self.open[claim]?[speaker], own < statement.voice { return }
        self.open[claim, default: [:]][speaker] = statement.voice
        if self.open.count > EarningLimits.claimsMax { self.open.removeFirst() }
    }

    // MARK: Settling

    /// Claims on which enough people spoke, the one that was spoken of first in front.
    var candidates: [Claim] {
        let spoken = self.open.filter { $0.value.count >= EarningLimits.claimVoicesMin }
        let first = spoken.compactMap { claim, voices in
            voices.values.min(by: <).map { (claim: claim, voice: $0) }
        }
        return first.sorted { $0.voice < $1.voice }.map(\.claim)
    }

    /// Looks whether a claim can be believed; each is settled once.
    ///
    /// - Parameters:
    ///   - claim: the claim.
    ///   - isHeard: whether an identity has the score to be heard.
    ///   - networks: how many networks identities come from.
    /// - Returns: what was found; nil while too few agree.
    mutating func settle(
        _ claim: Claim,
        isHeard: (NodeID) -> Bool,
        networks: ([NodeID]) -> Int
    ) -> Finding? {
        guard let voices = self.open[claim] else { return nil }
        for isTrue in [true, false] {
            let agreeing = voices.filter { $0.value.isTrue == isTrue && isHeard($0.key) }
            let identities = agreeing.keys.sorted()
            guard identities.count >= EarningLimits.claimVoicesMin,
                networks(identities) >= EarningLimits.claimNetworksMin,
                let first = agreeing.min(by: { $0.value < $1.value }),
                let last = agreeing.values.map(\.timestamp).max()
            else { continue }
            self.open.removeValue(forKey: claim)
            self.settled.append(claim)
            return Finding(isTrue: isTrue, voices: identities, first: first.key, at: last)
        }
        return nil
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for claim in self.open.keys {
            guard let voice = self.open[claim]?.removeValue(forKey: old) else { continue }
            self.heard(Statement(claim: claim, speaker: new, voice: voice))
        }
        for id in self.early.keys where self.early[id]?.speaker == old {
            self.early[id]?.speaker = new
        }
    }
}

extension ClaimBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("open", self.open)
        writer.field("settled", self.settled)
        writer.field("early", self.early)
    }
}

extension ClaimBook.Claim: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("proposal", self.proposal)
        writer.field("index", self.index)
    }
}

extension ClaimBook.Voice: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("isTrue", self.isTrue)
        writer.field("timestamp", self.timestamp)
        writer.field("id", self.id)
    }
}

extension ClaimBook.Statement: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("claim", self.claim)
        writer.field("speaker", self.speaker)
        writer.field("voice", self.voice)
    }
}
