import Identities
import Messages
import OrderedCollections
import Primitives

/// What work on proposals earns: others adopt them, which pays author, host and providers, or agree on
/// what somebody found of their claims (§10, D-34, D-44, D-45).
///
/// Nothing earns for free: adopters proved their delay and authors may propose, or the adoption waits.
struct ProposalWork: Sendable, Codable {
    private let believesClaims: Bool
    private(set) var rewards = RewardBook()
    private var claims = ClaimBook()

    init(_ configuration: ReputationConfiguration) {
        self.believesClaims = configuration.believesClaims
    }

    /// Until when a proposal was voted on; nil while it is not known.
    func deadline(of proposal: MessageID) -> Timestamp? { self.rewards.offers[proposal]?.deadline }

    // MARK: Proposals and their content

    /// A proposal came at a time; adoptions and findings may have come before it.
    mutating func proposed(
        _ proposal: Propose,
        in message: Message,
        by author: NodeID,
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        self.rewards.proposed(proposal, message, by: author, heardAt: arrival)
        self.reconsiderAdoptions(at: arrival, &ledger, witnesses) { $0.proposal == message.id }
        for statement in self.claims.takeEarly(on: message.id) {
            self.hear(statement, &ledger, witnesses)
        }
    }

    /// Somebody offers content; a proposal that names it may have come before it.
    mutating func shared(
        _ share: Share,
        in message: Message,
        by host: NodeID,
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        guard self.rewards.shared(share, message, by: host) else { return }
        let offers = self.rewards.offers
        self.reconsiderAdoptions(at: arrival, &ledger, witnesses) {
            offers[$0.proposal]?.origin == message.id
        }
    }

    /// Somebody pays for copies of content.
    mutating func uploaded(_ content: ContentHash, by uploader: NodeID) {
        self.rewards.uploaded(content, by: uploader)
    }

    /// These held copies of a proposal's content during its vote.
    mutating func held(_ proposal: MessageID, by providers: [NodeID]) {
        self.rewards.held(proposal, by: providers)
    }

    // MARK: Adoptions

    /// Somebody adopted a proposal.
    mutating func adopted(
        _ adoption: RewardBook.Adoption,
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        let counts = Self.counts(adoption, self.rewards, at: arrival, witnesses) { author in
            Self.mayPropose(author, ledger, witnesses)
        }
        guard counts else { return self.rewards.wait(adoption) }
        self.reward(adoption, &ledger, witnesses)
    }

    /// An identity proved its delay: what it adopted before may count now.
    mutating func proved(
        _ identity: NodeID,
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        self.reconsiderAdoptions(at: arrival, &ledger, witnesses) { $0.adopter == identity }
    }

    /// Scores and networks changed: what did not count, and what could not be believed, is looked at
    /// again (D-20).
    mutating func reconsider(
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        self.reconsiderAdoptions(at: arrival, &ledger, witnesses) { _ in true }
        for claim in self.claims.candidates { self.settle(claim, &ledger, witnesses) }
    }

    private mutating func reconsiderAdoptions(
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses,
        where isAffected: (RewardBook.Adoption) -> Bool
    ) {
        let rewards = self.rewards
        // Many wait for one author, and a score costs a walk over all who speak of it.
        var known: [NodeID: Bool] = [:]
        let ready = self.rewards.takeReady { adoption in
            isAffected(adoption)
                && Self.counts(adoption, rewards, at: arrival, witnesses) { author in
                    let answer = known[author] ?? Self.mayPropose(author, ledger, witnesses)
                    known[author] = answer
                    return answer
                }
        }
        for adoption in ready { self.reward(adoption, &ledger, witnesses) }
    }

    private static func counts(
        _ adoption: RewardBook.Adoption,
        _ rewards: RewardBook,
        at arrival: Timestamp,
        _ witnesses: Witnesses,
        mayPropose: (NodeID) -> Bool
    ) -> Bool {
        guard let offer = rewards.offers[adoption.proposal],
            !rewards.awaitsOrigin(offer, at: arrival)
        else { return false }
        return witnesses.proven.contains(adoption.adopter) && mayPropose(offer.author)
    }

    private static func mayPropose(_ author: NodeID, _ ledger: Ledger, _ witnesses: Witnesses)
        -> Bool
    {
        Capability.propose.isPermitted(at: witnesses.score(of: author, ledger))
    }

    private mutating func reward(
        _ adoption: RewardBook.Adoption,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        let reward = self.rewards.adopted(adoption) { witnesses.score(of: $0, ledger) }
        guard let reward else { return }
        let time = adoption.timestamp
        let deed = "\(adoption.proposal) by \(adoption.adopter)"
        let cause = LedgerCause.adoption.text(deed)
        ledger.earn(reward.shares.author, by: reward.author, at: time, cause: cause)
        if let host = reward.host {
            ledger.earn(reward.shares.host, by: host, at: time, cause: "\(cause), as host")
        }
        for provider in reward.providers {
            ledger.earn(
                reward.shares.provider,
                by: provider,
                at: time,
                cause: "\(cause), as provider"
            )
        }
    }

    // MARK: Claims

    /// A comment that says what somebody found; it waits for its proposal.
    mutating func commented(
        _ comment: Comment,
        in message: Message,
        by identity: NodeID,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        guard self.believesClaims, let found = comment.verification else { return }
        let statement = ClaimBook.Statement(
            claim: ClaimBook.Claim(proposal: comment.targetID, index: found.claimIndex),
            speaker: identity,
            voice: ClaimBook.Voice(
                isTrue: found.isTrue,
                timestamp: message.timestamp,
                id: message.id
            )
        )
        guard self.rewards.offers[comment.targetID] != nil else {
            return self.claims.wait(statement)
        }
        self.hear(statement, &ledger, witnesses)
    }

    private mutating func hear(
        _ statement: ClaimBook.Statement,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        guard let offer = self.rewards.offers[statement.claim.proposal],
            statement.speaker != offer.author,
            (0..<Int64(offer.claims)).contains(statement.claim.index)
        else { return }
        self.claims.heard(statement)
        self.settle(statement.claim, &ledger, witnesses)
    }

    private mutating func settle(
        _ claim: ClaimBook.Claim,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        guard let author = self.rewards.offers[claim.proposal]?.author else { return }
        let finding = self.claims.settle(
            claim,
            // A key that spoke may have become one of the author's since.
            isHeard: {
                $0 != author && witnesses.score(of: $0, ledger) >= EarningLimits.claimVoiceScore
            },
            networks: { witnesses.networkCount($0) }
        )
        guard let finding else { return }
        Self.reward(finding, on: claim, author: author, &ledger)
    }

    private static func reward(
        _ finding: ClaimBook.Finding,
        on claim: ClaimBook.Claim,
        author: NodeID,
        _ ledger: inout Ledger
    ) {
        let time = finding.at
        let cause = "claim \(claim.index) of \(claim.proposal)"
        let amount =
            finding.isTrue ? EarningLimits.claimConfirmed : EarningLimits.claimContradicted
        for voice in finding.voices {
            ledger.note(voice) { $0.verifications += 1 }
            let found = finding.isTrue ? "found true" : "found false"
            ledger.earn(amount, by: voice, at: time, cause: "\(cause) \(found)")
        }
        guard !finding.isTrue else { return }
        ledger.earn(
            EarningLimits.firstContradiction,
            by: finding.first,
            at: time,
            cause: "\(cause) found false first"
        )
        ledger.charge(EarningLimits.falseClaim, to: author, at: time, cause: "false \(cause)")
    }
}

extension ProposalWork: BookKeeper {
    /// All that is folded; whether claims are believed is given.
    mutating func present(to reader: inout some BookReader) {
        reader.book("rewards", &self.rewards)
        reader.book("claims", &self.claims)
    }
}
