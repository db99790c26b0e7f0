import Cryptography
import Messages
import Primitives
import TestSupport

extension ProposalView {
    /// A proposal as a list shows it.
    static func example(
        _ state: ProposalState,
        isAdopted: Bool = false,
        due: Int64? = nil,
        inline: [UInt8]? = nil
    ) throws -> ProposalView {
        let now = Timestamp(milliseconds: 1_767_225_600_000)
        let content = inline.map { [("content_inline", JSONValue.string(Base64.encode($0)))] } ?? []
        let message = try Draft.proposal(isInline: false, until: now.adding(milliseconds: 1))
            .adding(content)
            .signed(by: .generate(), at: now)
        guard case .propose(let proposal) = message.payload else { throw CancellationError() }
        let nothing = Tally(
            voters: 0,
            endorse: .zero,
            reject: .zero,
            abstain: .zero,
            quorum: .zero,
            threshold: .one
        )
        return ProposalView(
            message: message,
            proposal: proposal,
            author: message.from,
            state: state,
            isAdopted: isAdopted,
            tally: nothing,
            votes: [],
            adoptions: [],
            supersededBy: [],
            supersedes: [],
            threads: [],
            outlook: Outlook(
                mode: .weighted,
                quorumReached: .zero,
                quorumNeeded: .zero,
                votersNeeded: 3,
                ratio: nil,
                threshold: .one,
                isClose: false,
                activeIdentities: 1,
                needsHalfOfHeads: false,
                effectiveAt: now
            ),
            decisionDue: due.map { now.adding(milliseconds: $0) },
            isArchived: false,
            missing: [.ratified, .converging].contains(state) ? [] : ["nobody voted"]
        )
    }
}
