import Messages
import OrderedCollections
import Primitives

/// The bans that the network voted for, by the ids of their proposals (R-06-137, D-85, ADR 0054).
///
/// It is what this node decided by the votes that it knows, whether it enforces bans or not. What others
/// list is no reason to ban anybody: it names proposals, which are fetched and decided here.
struct BanList: Sendable, Codable {
    private var ratified: OrderedSet<MessageID> = []
    /// Proposals of bans that are in the log, however they were decided.
    private var proposed: OrderedSet<MessageID> = []

    // MARK: The log

    /// A message of any type is in the log.
    mutating func logged(_ message: Message) {
        guard case .propose(let proposal) = message.payload, proposal.resolution?.kind == .ban
        else { return }
        self.proposed.append(message.id)
        if self.proposed.count > SyncLimits.banProposalsMax { self.proposed.removeFirst() }
    }

    /// A fact of any owner is in the log: a decision may be another one than the last on its proposal.
    mutating func logged(_ fact: LocalFact) {
        guard let decision = DecisionFact(fact), decision.resolution?.kind == .ban else { return }
        self.ratified.remove(decision.proposal)
        guard decision.state == .ratified else { return }
        self.ratified.append(decision.proposal)
        if self.ratified.count > WireLimits.bansMax { self.ratified.removeFirst() }
    }

    // MARK: Reading

    /// What goes into answers, the newest decision last.
    var entries: [MessageID] { Array(self.ratified) }

    /// What a peer lists and this node never saw.
    func unknown(of theirs: [MessageID]) -> [MessageID] {
        theirs.filter { !self.proposed.contains($0) }
    }
}
