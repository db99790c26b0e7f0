import Identities
import Messages
import Primitives

/// What later proposals need to know of a proposal, archived or not.
protocol KnownProposal {
    var id: MessageID { get }
    var timestamp: Timestamp { get }
    /// The author's score at arrival.
    var reputation: FixedPoint { get }
    var votingDeadline: Timestamp { get }
    var contentHash: ContentHash { get }
    /// Whether the whole message, as the log has it, carries the artefact inline.
    var carriesArtefact: Bool { get }
    var supersedes: MessageID? { get }
    var requestID: MessageID? { get }
    /// The identity that proposes; nil when its key was revoked with effect before (D-14).
    func author(_ signers: Signers) -> NodeID?
    /// When any key of the author's identity took it back; nil when none did (R-07-017).
    func withdrawnAt(_ signers: Signers) -> Timestamp?
}

extension KnownProposal {
    /// Its place in lists that begin with the newest.
    var place: MessagePlace { MessagePlace(timestamp: self.timestamp, id: self.id) }
}

/// What stays in memory of a proposal that is archived (ADR 0064).
///
/// It tells how the proposal ended, and nothing of what people wrote; the log has all of it.
struct ArchivedProposal: KnownProposal, Sendable, Codable {
    let id: MessageID
    let timestamp: Timestamp
    let reputation: FixedPoint
    let votingDeadline: Timestamp
    let contentHash: ContentHash
    let carriesArtefact: Bool
    let supersedes: MessageID?
    let requestID: MessageID?
    let receivedAt: Timestamp
    /// Where it stood in the end.
    let state: ProposalState
    /// What was counted.
    let count: Count
    /// The decision without its votes; nil when there was none.
    let decision: DecisionFact?
    let decidedAt: Timestamp?
    private(set) var isAdopted: Bool
    private let signer: NodeID
    private let takenBackAt: Timestamp?

    /// Keeps what is needed of a proposal.
    init(_ record: ProposalRecord, _ state: ProposalState, _ signers: Signers) {
        self.id = record.id
        self.signer = record.message.from
        self.timestamp = record.timestamp
        self.reputation = record.reputation
        self.votingDeadline = record.votingDeadline
        self.contentHash = record.contentHash
        self.carriesArtefact = record.carriesArtefact
        self.supersedes = record.supersedes
        self.requestID = record.requestID
        self.receivedAt = record.receivedAt
        self.state = state
        self.count = Count(record.outcome?.votes ?? [])
        self.decision = record.outcome?.copy(votes: [])
        self.decidedAt = record.decidedAt
        self.isAdopted = record.isAdopted
        self.takenBackAt = record.withdrawnInLogAt(signers)
    }

    func author(_ signers: Signers) -> NodeID? {
        signers.registry.owner(of: self.signer, at: self.timestamp)
    }

    func withdrawnAt(_ signers: Signers) -> Timestamp? { self.takenBackAt }

    /// This node adopted it.
    mutating func adopted() { self.isAdopted = true }
}

extension ArchivedProposal: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("timestamp", self.timestamp)
        writer.field("reputation", self.reputation)
        writer.field("votingDeadline", self.votingDeadline)
        writer.field("contentHash", self.contentHash)
        writer.field("carriesArtefact", self.carriesArtefact)
        writer.field("supersedes", self.supersedes)
        writer.field("requestID", self.requestID)
        writer.field("receivedAt", self.receivedAt)
        writer.field("state", self.state)
        writer.field("count", self.count)
        writer.field("decision", self.decision)
        writer.field("decidedAt", self.decidedAt)
        writer.field("isAdopted", self.isAdopted)
        writer.field("signer", self.signer)
        writer.field("takenBackAt", self.takenBackAt)
    }
}

extension Count: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("voters", self.voters)
        writer.field("endorse", self.endorse)
        writer.field("reject", self.reject)
        writer.field("abstain", self.abstain)
        writer.field("halfVotesEndorse", self.halfVotesEndorse)
        writer.field("halfVotesReject", self.halfVotesReject)
    }
}
