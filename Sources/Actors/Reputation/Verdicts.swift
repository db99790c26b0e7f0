import Identities
import Messages
import Primitives

/// What votes decided: who took part in governance, and what is carried out when it comes into force (§8,
/// §11, D-49, D-61).
struct Verdicts: Sendable, Codable {
    private let enforcesBans: Bool
    private(set) var tenures = TenureBook()
    private(set) var resolutions: ResolutionBook

    init(_ configuration: ReputationConfiguration) {
        self.enforcesBans = configuration.enforcesBans
        self.resolutions = ResolutionBook(configuration.parameters)
    }

    /// These votes counted.
    mutating func counted(_ votes: [DecisionFact.Ballot]) {
        for vote in votes { self.tenures.acted(vote.identity, at: vote.at) }
    }

    /// A proposal was ratified, which is a deed of its author at its deadline.
    ///
    /// - Returns: its resolution, the first time; a decision that is looked at again is not carried out
    ///   again.
    mutating func ratified(_ decision: DecisionFact, by author: NodeID, until deadline: Timestamp)
        -> ResolutionRatified?
    {
        self.tenures.acted(author, at: deadline)
        guard let resolution = ResolutionRatified(decision), self.resolutions.add(resolution) else {
            return nil
        }
        return resolution
    }

    /// The outcome of a proposal was set aside.
    mutating func setAside(_ proposal: MessageID) { self.resolutions.setAside(proposal) }

    /// Carries out what is in force by now, in the order in which it came into force.
    mutating func enactDue(at time: Timestamp, _ flags: inout ContentFlags, _ ledger: inout Ledger)
    {
        for ratified in self.resolutions.takeDue(at: time) {
            self.enact(ratified, &flags, &ledger)
        }
    }

    private func enact(
        _ ratified: ResolutionRatified,
        _ flags: inout ContentFlags,
        _ ledger: inout Ledger
    ) {
        let (resolution, proposal) = (ratified.resolution, ratified.proposal)
        let time = ratified.effectiveAt
        switch resolution.kind {
        case .flag: flags.uphold(resolution, of: proposal, at: time, &ledger)
        case .ban:
            // It upholds flags as well: where bans are not enforced it would only free the source.
            if resolution.contentHash != nil {
                flags.uphold(resolution, of: proposal, at: time, &ledger)
            }
            // The identity forfeits everything and is silenced (R-06-136, D-85).
            guard let subject = resolution.subject, self.enforcesBans else { return }
            ledger.forfeit(subject, at: time, cause: "ban by \(proposal)")
            flags.removeAll(from: ledger.identity(of: subject))
        case .keyConflict, .parameter: break
        }
    }

    /// Whether a ban holds: from its moment on, also when nothing was logged since.
    func isBanned(_ identity: NodeID, at time: Timestamp, _ ledger: Ledger) -> Bool {
        ledger.isBanned(identity)
            || self.resolutions.pending.contains { ratified in
                ratified.resolution.kind == .ban && ratified.effectiveAt <= time
                    && ratified.resolution.subject.map { ledger.identity(of: $0) } == identity
                    && self.enforcesBans
            }
    }
}

extension Verdicts: BookKeeper {
    /// All that is folded; whether bans are enforced is given.
    mutating func present(to reader: inout some BookReader) {
        reader.book("tenures", &self.tenures)
        reader.part("resolutions", self.resolutions)
    }
}
