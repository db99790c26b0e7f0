import Cryptography
import Identities
import Messages
import OrderedCollections
import Primitives

// The fold over the log: live and at replay the same (ADR 0005).
extension ReputationStateMachine {
    /// Folds a logged message.
    mutating func logged(_ admitted: AdmittedMessage) {
        self.advance(to: admitted.receivedAt)
        let message = admitted.message
        self.charge(admitted)
        for change in self.ledger.fold(message) { self.follow(change, at: message.timestamp) }
        // A key that lost its identity in the meantime speaks for nobody.
        guard case .success(let standing) = self.ledger.keys.standing(of: message) else { return }
        let identity = standing.identity
        let today = self.ledger.days.today ?? message.timestamp.utcDay
        self.ledger.note(identity) { account in
            account.presence.active(at: message.timestamp, today: today)
            guard admitted.isDirect else { return }
            account.observations.note(message.type, message.id, at: message.timestamp)
        }
        self.assessments.heard(identity)
        self.apply(admitted, by: identity)
    }

    /// Time passes by arrivals: days end, resolutions come into force, flags lapse.
    mutating func advance(to arrival: Timestamp) {
        self.newestArrival = max(self.newestArrival, arrival)
        self.ledger.advance(to: arrival)
        self.resolveKeys(at: arrival)
        self.enactDue(at: arrival)
        self.lapseFlags(at: arrival)
        self.reconsider(at: arrival)
    }

    /// Scores and networks change: once an hour what did not count is looked at again (D-20).
    private mutating func reconsider(at arrival: Timestamp) {
        let hour = arrival.utcHour
        guard self.reconsideredInHour.map({ $0 < hour }) ?? true else { return }
        self.reconsideredInHour = hour
        self.reconsiderFlags(at: arrival)
        self.reconsiderAdoptions { _ in true }
        self.reconsiderClaims()
    }

    private mutating func apply(_ admitted: AdmittedMessage, by identity: NodeID) {
        let message = admitted.message
        switch message.payload {
        case .propose(let proposal):
            self.brought([proposal.contentHash], by: identity, in: message)
            self.proposed(proposal, message, by: identity)
        case .adopt(let adoption) where adoption.success:
            self.adopted(
                RewardBook.Adoption(
                    proposal: adoption.proposalID,
                    adopter: identity,
                    timestamp: message.timestamp
                )
            )
        case .share(let share):
            self.brought(share.entries.map(\.contentHash), by: identity, in: message)
            self.shared(share, message, by: identity)
        case .replicateRequest(let request):
            self.brought([request.content.contentHash], by: identity, in: message)
            self.rewards.uploaded(request.content.contentHash, by: identity)
        case .flag(let flag): self.flagged(flag, message, by: identity)
        case .peerAnnounce(let announcement): self.seen(announcement, admitted, by: identity)
        case .reputationGossip(let gossip): self.assessed(gossip, message, by: identity)
        case .comment(let comment): self.commented(comment, message, by: identity)
        default: break
        }
    }

    /// Books follow a key to its new identity.
    mutating func follow(_ change: KeyChange, at time: Timestamp) {
        switch change {
        case .rotated(let oldKey, let newKey):
            let identity = self.ledger.identity(of: newKey)
            self.move(oldKey, to: identity)
            // The successor of a child acts for the root, with whatever is known of it.
            if identity != newKey { self.move(newKey, to: identity) }
        case .linked(let root, let child): self.move(child, to: root)
        case .revoked, .reborn, .conflicted, .freed: break
        }
        self.settleGivenUpFlags(at: time)
        self.void(OrderedSet(change.keys.map { self.ledger.identity(of: $0) }), at: time)
    }

    /// Keys may have lost their right to speak: what they flagged and assessed since is void, as it
    /// would be if it came now (R-05-066, D-14).
    private mutating func void(_ identities: OrderedSet<NodeID>, at time: Timestamp) {
        let keys = self.ledger.keys
        self.assessments.void(of: identities) { keys.isVoid(signer: $0, at: $1) }
        self.voidFlags(at: time)
    }

    // MARK: Presence

    private mutating func seen(
        _ announcement: PeerAnnounce,
        _ admitted: AdmittedMessage,
        by identity: NodeID
    ) {
        let time = admitted.message.timestamp
        self.proved(identity)
        self.networks.announced(announcement, by: identity, key: admitted.message.from, at: time)
        // Founders agreed beforehand, and begin on one day: that says nothing of them.
        if self.ledger.read(identity, { $0.isFounder }) != true {
            self.registrations.proved(identity, at: announcement.vdfProof.computedAt)
        }
        guard admitted.isDirect, admitted.isFresh else { return }
        self.present(identity, at: time)
    }

    /// An identity is there in an hour; the twentieth of a UTC day earns (D-37).
    mutating func present(_ identity: NodeID, at time: Timestamp) {
        var isDayComplete = false
        self.ledger.note(identity) { isDayComplete = $0.presence.seen(at: time) }
        guard isDayComplete else { return }
        self.ledger.earn(
            self.resolutions.parameters(at: time)[.uptimeReward],
            by: identity,
            at: time,
            cause: "uptime of a day"
        )
    }

    // MARK: Assessments

    /// What others say: newest for each assessor and subject, none of oneself (R-09-039, D-39).
    ///
    /// An opinion may have been formed long before it is said again (ADR 0038), but not after it.
    private mutating func assessed(
        _ gossip: ReputationGossip,
        _ message: Message,
        by assessor: NodeID
    ) {
        var book = Self.take(&self.assessments, leaving: AssessmentBook())
        let said = message.timestamp
        let latest = said.adding(milliseconds: ReputationLimits.freshMilliseconds)
        for assessment in gossip.assessments where assessment.assessmentTimestamp <= latest {
            let subject = self.ledger.identity(of: assessment.nodeID)
            _ = book.take(
                HeldOpinion(
                    assessment,
                    saidAt: said,
                    signer: message.from == assessor ? nil : message.from
                ),
                by: assessor,
                on: subject,
                isKnown: self.ledger.accounts[subject] != nil,
                // Who proved nothing takes no place from others.
                trust: { self.proven.contains($0) ? self.ledger.direct(of: $0) : .zero }
            )
        }
        self.assessments = book
    }

    /// Takes a value out for a change that needs the rest of the machine; nothing is copied.
    static func take<Value>(_ place: inout Value, leaving rest: Value) -> Value {
        let value = place
        place = rest
        return value
    }
}

extension AdmittedMessage {
    /// Came to this node by itself, not in a page of the past (R-05-115).
    ///
    /// A storage proof is an answer on a stream of its author.
    fileprivate var isDirect: Bool {
        switch self.origin {
        case .local, .gossip: true
        case .exchange, .answer, .sync:
            self.message.type == .storageProof && self.origin.peer == self.message.from
        }
    }

    /// Arrived when it was made.
    fileprivate var isFresh: Bool {
        let age = self.receivedAt.milliseconds(since: self.message.timestamp)
        return age.magnitude <= ReputationLimits.freshMilliseconds.magnitude
    }
}
