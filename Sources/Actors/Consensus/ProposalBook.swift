import Identities
import Messages
import OrderedCollections
import Primitives

/// All proposals in the order of arrival, what replaces what, and who proposed how often.
struct ProposalBook: Sendable {
    private var records: OrderedDictionary<MessageID, ProposalRecord> = [:]
    /// PROPOSE messages of each key, for the identity-wide limit.
    private var byKey: OrderedDictionary<NodeID, [Message]> = [:]
    /// Successors of proposals that have not come yet.
    private var successors: OrderedDictionary<MessageID, [MessageID]> = [:]
    private let weekly = RateWindow(
        count: ConsensusLimits.proposalsMax,
        milliseconds: ConsensusLimits.proposalWindowMilliseconds
    )

    // MARK: Reading

    /// How many there are.
    var count: Int { self.records.count }

    /// Their ids.
    var ids: OrderedSet<MessageID> { self.records.keys }

    /// Everything that is held of each.
    var all: OrderedDictionary<MessageID, ProposalRecord>.Values { self.records.values }

    /// What is held of a proposal; nil when it is not known.
    subscript(id: MessageID) -> ProposalRecord? { self.records[id] }

    /// From when on an identity may propose, by the limit that its keys share (R-01-050); nil when it
    /// may at that moment.
    func next(of identity: NodeID, from moment: Timestamp, _ signers: Signers) -> Timestamp? {
        let own = signers.keys(thatSignedFor: identity)
            .flatMap { self.byKey[$0] ?? [] }
            .filter { signers.owner(of: $0) == identity }
        return self.weekly.next(from: moment, among: own.map(\.timestamp))
    }

    /// The chain that a proposal replaces, newest first, as far as it is known.
    func olderVersions(of record: ProposalRecord, limit: Int) -> [MessageID] {
        var chain: [MessageID] = []
        var next = record.proposal.supersedes
        while let older = next, chain.count < limit {
            chain.append(older)
            next = self.records[older]?.proposal.supersedes
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
        guard self.records[message.id] == nil else { return false }
        self.byKey[message.from, default: []].append(message)
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
    mutating func attach(_ admitted: AdmittedMessage, to target: MessageID) {
        switch admitted.message.payload {
        case .vote(let vote): self.records[target]?.add(vote: vote, admitted)
        case .adopt(let adoption): self.records[target]?.add(adoption: adoption, admitted)
        case .withdraw: self.records[target]?.add(withdrawal: admitted.message)
        default: break
        }
    }

    /// A decision is in the log.
    mutating func decided(_ decision: DecisionFact, at moment: Timestamp) {
        self.records[decision.proposal]?.decided(decision, at: moment)
    }

    /// A decision turned out to rest on a wrong premise and is dropped.
    mutating func takeBackDecision(on proposal: MessageID) {
        self.records[proposal]?.takeBackDecision()
    }

    /// This node adopted a proposal.
    mutating func adopted(_ proposal: MessageID) { self.records[proposal]?.adopted() }
}

extension ProposalBook: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("records", self.records.ascending)
        writer.field("successors", self.successors.mapValues { $0.sorted() }.ascending)
    }
}
