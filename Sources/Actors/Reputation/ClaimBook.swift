import Messages
import OrderedCollections
import Primitives

/// What people found when they verified the claims of proposals (D-45).
struct ClaimBook: Sendable {
    /// One claim of one proposal.
    struct Claim: Hashable, Sendable {
        let proposal: MessageID
        let index: Int64
    }

    /// One identity's finding.
    struct Voice: Sendable {
        let isTrue: Bool
        let timestamp: Timestamp
        let id: MessageID
    }

    /// Enough independent people agree.
    struct Finding: Sendable, Equatable {
        let isTrue: Bool
        /// Who agreed, sorted.
        let voices: [NodeID]
        /// The earliest of them by (timestamp, id).
        let first: NodeID
    }

    private var open: OrderedDictionary<Claim, OrderedDictionary<NodeID, Voice>> = [:]
    private var settled: OrderedSet<Claim> = []

    /// Notes a finding; an identity's first one stands.
    mutating func heard(_ voice: Voice, by identity: NodeID, on claim: Claim) {
        guard !self.settled.contains(claim), self.open[claim]?[identity] == nil else { return }
        self.open[claim, default: [:]][identity] = voice
        if self.open.count > EarningLimits.claimsMax { self.open.removeFirst() }
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
                let first = agreeing.min(by: {
                    ($0.value.timestamp, $0.value.id) < ($1.value.timestamp, $1.value.id)
                })
            else { continue }
            self.open.removeValue(forKey: claim)
            self.settled.append(claim)
            return Finding(isTrue: isTrue, voices: identities, first: first.key)
        }
        return nil
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for claim in self.open.keys {
            guard let voice = self.open[claim]?.removeValue(forKey: old),
                self.open[claim]?[new] == nil
            else { continue }
            self.open[claim]?[new] = voice
        }
    }

    /// For the digest.
    var lines: String {
        let open = self.open.flatMap { claim, voices in
            voices.map { "\(claim.proposal) \(claim.index) \($0.key) \($0.value.isTrue)\n" }
        }
        let settled = self.settled.map { "\($0.proposal) \($0.index)\n" }
        return (open + settled).sorted().joined()
    }
}

extension Message {
    /// The finding that a COMMENT carries beside its text; nil without one.
    var verification: (index: Int64, isTrue: Bool)? {
        guard let root = try? JSONDocument(scanning: self.payloadJSON).root,
            let verification = root["verification"],
            let index = verification["claim_index"]?.integer
        else { return nil }
        switch verification["result"]?.string {
        case "true": return (index, true)
        case "false": return (index, false)
        default: return nil
        }
    }
}
