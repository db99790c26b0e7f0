import Identities
import Messages
import OrderedCollections
import Primitives

/// All proposals in the order of arrival, what replaces what, and who proposed how often.
struct ProposalBook: Sendable, Codable {
    private var records: OrderedDictionary<MessageID, ProposalRecord> = [:]
    /// Those that left the active set (ADR 0064).
    private var archive: OrderedDictionary<MessageID, ArchivedProposal> = [:]
    /// When each key proposed, for the identity-wide limit.
    private var byKey: OrderedDictionary<NodeID, [Timestamp]> = [:]
    /// Successors of proposals that have not come yet, or are archived.
    private var successors: OrderedDictionary<MessageID, [MessageID]> = [:]
    private static let weekly = RateWindow(
        count: ConsensusLimits.proposalsMax,
        milliseconds: ConsensusLimits.proposalWindowMilliseconds
    )

    // MARK: Reading

    /// How many there are that are not archived.
    var count: Int { self.records.count }

    /// Their ids.
    var ids: OrderedSet<MessageID> { self.records.keys }

    /// Everything that is held of each of them.
    var all: OrderedDictionary<MessageID, ProposalRecord>.Values { self.records.values }

    /// What is held of a proposal; nil when it is not known, or archived.
    subscript(id: MessageID) -> ProposalRecord? { self.records[id] }

    /// What is left of an archived proposal; nil when it is none.
    func archived(_ id: MessageID) -> ArchivedProposal? { self.archive[id] }

    /// Whether a proposal has come, archived or not.
    func knows(_ id: MessageID) -> Bool { self.records[id] != nil || self.archive[id] != nil }

    /// What is known of a proposal, archived or not; nil when it has not come.
    func known(_ id: MessageID) -> (any KnownProposal)? { self.records[id] ?? self.archive[id] }

    /// All that have come, archived or not.
    func known(where isWanted: (any KnownProposal) -> Bool) -> [any KnownProposal] {
        var wanted: [any KnownProposal] = self.records.values.filter(isWanted)
        wanted += self.archive.values.filter(isWanted)
        return wanted
    }

    /// Newer proposals that replace one, sorted.
    func successors(of id: MessageID) -> [MessageID] {
        (self.records[id]?.supersededBy.elements ?? self.successors[id] ?? []).sorted()
    }

    /// From when on an identity may propose, by the limit that its keys share (R-01-050); nil when it
    /// may at that moment.
    func next(of identity: NodeID, from moment: Timestamp, _ signers: Signers) -> Timestamp? {
        let own = signers.keys(thatSignedFor: identity).flatMap { key in
            (self.byKey[key] ?? []).filter { signers.registry.owner(of: key, at: $0) == identity }
        }
        return Self.weekly.next(from: moment, among: own)
    }

    /// The chain that a proposal replaces, newest first, as far as it is known.
    func olderVersions(of record: ProposalRecord, limit: Int) -> [MessageID] {
        var chain: [MessageID] = []
        var next = record.supersedes
        while let older = next, chain.count < limit {
            chain.append(older)
            next = self.known(older)?.supersedes
        }
        return chain
    }

    // MARK: The fold

    /// Opens a proposal.
    ///
    /// - Returns: whether it is new.
    mutating func open(
        _ proposal: Propose,
        _ admitted: AdmittedMessage,
        carriesArtefact: Bool
    ) -> Bool {
        let message = admitted.message
        guard !self.knows(message.id) else { return false }
        self.byKey[message.from, default: []].append(message.timestamp)
        self.records[message.id] = ProposalRecord(
            admitted,
            proposal,
            carriesArtefact: carriesArtefact,
            supersededBy: OrderedSet(self.successors.removeValue(forKey: message.id) ?? [])
        )
        self.link(message.id, supersedes: proposal.supersedes)
        return true
    }

    private mutating func link(_ id: MessageID, supersedes older: MessageID?) {
        guard let older else { return }
        if self.records[older] == nil {
            self.successors[older, default: []].append(id)
        } else {
            self.records[older]?.superseded(by: id)
        }
    }

    /// Adds a vote, an adoption or a withdrawal to its proposal; messages of other types are ignored.
    ///
    /// - Parameters:
    ///   - admitted: the message.
    ///   - target: the proposal.
    ///   - wasOrphan: whether it came before the proposal, and so is in the log before it.
    mutating func attach(
        _ admitted: AdmittedMessage,
        to target: MessageID,
        wasOrphan: Bool = false
    ) {
        switch admitted.message.payload {
        case .vote(let vote): self.records[target]?.add(vote: vote, admitted)
        case .adopt(let adoption): self.records[target]?.add(adoption: adoption, admitted)
        case .withdraw:
            self.records[target]?.add(withdrawal: admitted.message, isLogged: wasOrphan)
        default: break
        }
    }

    /// A withdrawal is in the log.
    mutating func logged(withdrawal id: MessageID, of target: MessageID) {
        self.records[target]?.logged(withdrawal: id)
    }

    /// A decision is in the log.
    mutating func decided(_ decision: DecisionFact, at moment: Timestamp) {
        self.records[decision.proposal]?.decided(decision, at: moment)
    }

    /// An outcome is set aside.
    ///
    /// - Returns: whether there was one.
    mutating func reopen(_ fact: ReopeningFact) -> Bool {
        self.records[fact.proposal]?.reopen(fact) ?? false
    }

    /// A decision turned out to rest on a wrong premise and is dropped.
    mutating func takeBackDecision(on proposal: MessageID) {
        self.records[proposal]?.takeBackDecision()
    }

    /// This node adopted a proposal.
    mutating func adopted(_ proposal: MessageID) {
        self.records[proposal]?.adopted()
        self.archive[proposal]?.adopted()
    }

    /// A proposal leaves the active set, with all that was said about it.
    ///
    /// - Returns: it and all votes, adoptions and withdrawals that were kept.
    mutating func archive(_ id: MessageID, as state: ProposalState, _ signers: Signers)
        -> [MessagePlace]
    {
        guard let record = self.records.removeValue(forKey: id) else { return [] }
        self.archive[id] = ArchivedProposal(record, state, signers)
        if !record.supersededBy.isEmpty { self.successors[id] = record.supersededBy.elements }
        return record.messages.map { MessagePlace($0) }
    }
}

extension ProposalBook: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("records", self.records.ascending)
        writer.field("archive", self.archive.ascending)
        writer.field("successors", self.successors.mapValues { $0.sorted() }.ascending)
    }
}
