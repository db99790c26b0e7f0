import Messages
import Primitives

// This node's view of itself: what others see of it and its own log does not show (D-51).
extension ReputationStateMachine {
    /// Folds what this node knows of itself.
    mutating func knows(_ own: OwnFact, _ fact: LocalFact) {
        let time = fact.recordedAt
        switch own {
        case .present: self.wasPresent(fact)
        case .served(let peer):
            let peer = self.ledger.identity(of: peer)
            guard peer != self.ownIdentity, self.service.counts(1, to: peer, at: time) else {
                return
            }
            self.service.serve(peer, at: time)
            guard self.service.qualifies(at: time) else { return }
            self.isActive(at: time)
            self.present(self.ownIdentity, at: time)
        }
    }

    /// An hour of own announcements: presence, and what others observe once an hour.
    private mutating func wasPresent(_ fact: LocalFact) {
        let time = fact.recordedAt
        self.ownHour = max(self.ownHour ?? time.utcHour, time.utcHour)
        self.isActive(at: time)
        let id = MessageID(SHA256Digest.hash(Array("\(fact.kind) \(time.milliseconds)".utf8)))
        self.ledger.note(self.ownIdentity) {
            $0.observations.note(.peerAnnounce, id, at: time)
        }
        self.present(self.ownIdentity, at: time)
    }

    private mutating func isActive(at time: Timestamp) {
        let today = self.ledger.days.today ?? time.utcDay
        self.ledger.note(self.ownIdentity) { $0.presence.active(at: time, today: today) }
    }

    // MARK: What to record

    /// Once an hour, when others are heard: this node is there, and these hear it too.
    mutating func presenceFact(now: Timestamp) -> LocalFact? {
        let newest = max(self.ownHour ?? .min, self.recordedHour ?? .min)
        guard newest < now.utcHour, self.activeIdentities(now: now).count > 1 else { return nil }
        self.recordedHour = now.utcHour
        return OwnFact.present.fact(recordedAt: now)
    }

    /// An answer to a peer that counts as service (R-05-112).
    func serviceFact(_ answered: SyncAnswered, now: Timestamp) -> LocalFact? {
        let peer = self.ledger.identity(of: answered.peer)
        guard peer != self.ownIdentity,
            self.service.counts(answered.messages, to: peer, at: now)
        else { return nil }
        return OwnFact.served(peer: answered.peer).fact(recordedAt: now)
    }
}
