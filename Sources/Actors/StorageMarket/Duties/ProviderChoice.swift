package import Messages
package import Primitives

/// A search for providers: what it is for, and what it has learned so far.
struct ProviderSearch: Sendable, Equatable {
    /// The artefact.
    let content: ContentHash
    /// The request that they accepted.
    let request: MessageID
    /// Who may be chosen, and what their scores are, once that is known.
    var scores: [Scores.Entry]
}

/// A provider that may be chosen, as far as an uploader knows it.
package struct ProviderCandidate: Sendable, Equatable {
    /// Who it is.
    let identity: NodeID
    /// Its score on this node.
    let score: FixedPoint
    /// Its network; all whose network nobody knows are in one.
    let network: NetworkName
    /// Bytes that it says to give, weighed by its score: who is new claims easily (R-06-047).
    let weighedClaim: Int64
    /// Its claim is odd, it does not say that it stores, or its proofs come as late as if they were
    /// fetched; such a provider is taken when there is no other one.
    let isDoubtful: Bool

    /// Weighs what is known.
    ///
    /// - Parameters:
    ///   - identity: who it is.
    ///   - score: its score.
    ///   - rows: what its keys announced.
    ///   - network: where it was last heard from.
    ///   - heldBytes: how much it is seen to hold.
    ///   - seemsFetching: its proofs come too late.
    init(
        _ identity: NodeID,
        score: FixedPoint,
        announced rows: [PeerTable.Row],
        network: NetworkName,
        heldBytes: Int64,
        seemsFetching: Bool
    ) {
        let claim = rows.compactMap(\.storage).map(\.allocatedBytes).max() ?? 0
        let isOdd =
            claim >= StorageDutyLimits.oddClaimBytes
            && heldBytes < StorageDutyLimits.oddHoldingBytes
        let isAnnounced = rows.contains { $0.lastAnnounced != nil }
        let stores = rows.contains { row in
            row.capabilities.contains { $0.utf8.elementsEqual("store".utf8) }
        }
        self.identity = identity
        self.score = score
        self.network = network
        self.weighedClaim = FixedPoint(millionths: claim).multiplied(by: score).millionths
        self.isDoubtful = isOdd || seemsFetching || isAnnounced && !stores
    }

    /// Describes one whose claim was weighed before.
    package init(
        identity: NodeID,
        score: FixedPoint,
        network: NetworkName,
        weighedClaim: Int64 = 0,
        isDoubtful: Bool = false
    ) {
        self.identity = identity
        self.score = score
        self.network = network
        self.weighedClaim = weighedClaim
        self.isDoubtful = isDoubtful
    }
}

/// How an uploader chooses providers: from three networks where that can be, then by reputation, then by
/// what they offer, then by lot (R-06-029, R-06-046, R-06-047).
package struct ProviderChoice {
    private var candidates: [ProviderCandidate]
    /// Networks of those that are chosen.
    private var networks: Set<NetworkName> = []

    /// Puts candidates into an order; equal ones by lot.
    ///
    /// - Parameters:
    ///   - candidates: who may be chosen.
    ///   - kept: the networks of those who keep copies already.
    ///   - chance: for the lot.
    package init(
        _ candidates: [ProviderCandidate],
        beside kept: [ProviderCandidate] = [],
        _ chance: inout Chance
    ) {
        let lots = candidates.map { _ in chance.next() }
        self.candidates = zip(candidates, lots).sorted { left, right in
            if left.0.isDoubtful != right.0.isDoubtful { return right.0.isDoubtful }
            if left.0.score != right.0.score { return left.0.score > right.0.score }
            if left.0.weighedClaim != right.0.weighedClaim {
                return left.0.weighedClaim > right.0.weighedClaim
            }
            return left.1 < right.1
        }.map(\.0)
        self.networks = Set(kept.map(\.network))
    }

    /// Chooses so many, or all where there are not so many.
    package mutating func choose(_ count: Int) -> [NodeID] {
        var chosen: [NodeID] = []
        while chosen.count < count, let next = self.next() {
            self.networks.insert(next.network)
            chosen.append(next.identity)
        }
        return chosen
    }

    /// The best of another network while there are too few of them, else the best.
    private mutating func next() -> ProviderCandidate? {
        guard !self.candidates.isEmpty else { return nil }
        var place = 0
        if self.networks.count < StorageDutyLimits.networksWanted {
            place = self.candidates.firstIndex { !self.networks.contains($0.network) } ?? 0
        }
        return self.candidates.remove(at: place)
    }
}
