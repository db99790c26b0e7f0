import Cryptography
import Messages
import Primitives

extension ProposalView {
    /// A proposal as a list shows it.
    static func example(_ state: ProposalState, isAdopted: Bool = false) throws -> ProposalView {
        let now = Timestamp(milliseconds: 1_767_225_600_000)
        let message = try EnvelopeCodec.sign(
            .propose,
            payload: .object([
                ("title", .string("t")), ("body", .string("b")),
                ("content_hash", .string(SHA256Digest.hash([1]).hex)),
                ("content_type", .string("text/plain")), ("content_size", .integer(1)),
                ("tier", .string("standard")),
                ("voting_deadline", .integer(now.milliseconds + 1)),
            ]),
            timestamp: now,
            key: .generate()
        )
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
            isArchived: false,
            missing: state == .ratified ? [] : ["0 of 3 voting identities"]
        )
    }
}
