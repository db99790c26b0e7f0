import Messages
import OrderedCollections
import Primitives

// Who is paid for checking the claims of proposals (D-45).
extension ReputationStateMachine {
    /// A comment that says what somebody found; it waits for its proposal.
    mutating func commented(_ comment: Comment, _ message: Message, by identity: NodeID) {
        guard self.configuration.believesClaims, let found = comment.verification else { return }
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
        self.hear(statement)
    }

    /// A proposal came: what was found of it before is heard as if it had come in time.
    mutating func hearEarly(on proposal: MessageID) {
        for statement in self.claims.takeEarly(on: proposal) { self.hear(statement) }
    }

    /// Scores and networks changed: what could not be believed is looked at again (D-20).
    mutating func reconsiderClaims() {
        for claim in self.claims.candidates { self.settle(claim) }
    }

    private mutating func hear(_ statement: ClaimBook.Statement) {
        guard let offer = self.rewards.offers[statement.claim.proposal],
            statement.speaker != offer.author,
            (0..<Int64(offer.claims)).contains(statement.claim.index)
        else { return }
        self.claims.heard(statement)
        self.settle(statement.claim)
    }

    private mutating func settle(_ claim: ClaimBook.Claim) {
        guard let author = self.rewards.offers[claim.proposal]?.author else { return }
        var book = Self.take(&self.claims, leaving: ClaimBook())
        let finding = book.settle(
            claim,
            // A key that spoke may have become one of the author's since.
            isHeard: { $0 != author && self.score(of: $0) >= EarningLimits.claimVoiceScore },
            networks: { self.networks.count($0) }
        )
        self.claims = book
        guard let finding else { return }
        self.reward(finding, on: claim, author: author)
    }

    private mutating func reward(
        _ finding: ClaimBook.Finding,
        on claim: ClaimBook.Claim,
        author: NodeID
    ) {
        let time = finding.at
        let cause = "claim \(claim.index) of \(claim.proposal)"
        let amount =
            finding.isTrue ? EarningLimits.claimConfirmed : EarningLimits.claimContradicted
        for voice in finding.voices {
            self.ledger.note(voice) { $0.verifications += 1 }
            let found = finding.isTrue ? "found true" : "found false"
            self.ledger.earn(amount, by: voice, at: time, cause: "\(cause) \(found)")
        }
        guard !finding.isTrue else { return }
        self.ledger.earn(
            EarningLimits.firstContradiction,
            by: finding.first,
            at: time,
            cause: "\(cause) found false first"
        )
        self.ledger.charge(EarningLimits.falseClaim, to: author, at: time, cause: "false \(cause)")
    }
}
