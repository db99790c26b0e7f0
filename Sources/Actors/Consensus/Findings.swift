import Messages
import Primitives

/// What the storage market found of the artefacts of proposals.
struct Findings: Sendable {
    private var known: [MessageID: CheckArtefacts.Finding] = [:]

    /// Begins with nothing.
    init() {}

    /// Takes an answer over; without one nothing is known.
    init(_ reply: CheckArtefacts.Reply?) {
        for finding in reply?.findings ?? [] { self.known[finding.proposal] = finding }
    }

    /// Whether nothing has to be asked about these any more.
    func cover(_ items: [CheckArtefacts.Item]) -> Bool {
        items.allSatisfy { self.known[$0.proposal] != nil }
    }

    /// What was found of the artefact of a proposal; nil when nobody was asked, or answered.
    subscript(proposal: MessageID) -> CheckArtefacts.Finding? { self.known[proposal] }
}

// Whether an artefact is one that may be proposed (D-72, D-75).
extension Governance {
    /// What the storage market has to be asked before these are put to the vote.
    func items(on proposals: [MessageID]) -> [CheckArtefacts.Item] {
        proposals.compactMap { self.proposals[$0].flatMap { self.item(on: $0) } }
    }

    /// What has to be asked about the artefact of a proposal; nil when it carries it inline.
    private func item(on record: ProposalRecord) -> CheckArtefacts.Item? {
        guard !record.carriesArtefact else { return nil }
        return CheckArtefacts.Item(
            proposal: record.id,
            content: record.proposal.contentHash,
            author: record.author(self.signers) ?? record.message.from,
            proposedAt: record.message.timestamp
        )
    }

    /// What has to be asked before an own message is judged that is or concerns a proposal.
    func items(concerning admitted: AdmittedMessage) -> [CheckArtefacts.Item] {
        guard case .local = admitted.origin else { return [] }
        switch admitted.message.payload {
        case .propose(let proposal):
            let record = ProposalRecord(admitted, proposal)
            return [self.item(on: record)].compactMap(\.self)
        case .vote(let vote): return self.items(on: [vote.proposalID])
        default: return []
        }
    }

    /// Why the artefact of a proposal stands against it; nil when it does not.
    ///
    /// - Parameters:
    ///   - record: the proposal.
    ///   - score: the score of its author when it was made.
    ///   - findings: what the storage market said.
    /// - Returns: the reason, for people.
    func artefactObjection(
        to record: ProposalRecord,
        at score: FixedPoint,
        _ findings: Findings
    ) -> String? {
        guard !record.carriesArtefact else { return nil }
        guard let finding = findings[record.id] else {
            return "the storage market of this node did not tell who keeps its artefact"
        }
        if let lack = finding.lack { return lack }
        let bytes = record.proposal.contentSize
        guard !StorageAllowance.fits(bytes, beside: finding.otherBytes, at: score) else {
            return nil
        }
        let room = min(
            WireLimits.replicatedContentBytesMax,
            max(0, StorageAllowance.bytes(at: score) - finding.otherBytes)
        )
        return "its artefact has \(bytes) bytes, and its author with a score of \(score) had room "
            + "for \(room)"
    }
}
