import Messages
import Primitives
import TestSupport

// What people say in the histories of the ledger.
extension ModelCast {
    func share(_ number: Int, by person: Int, at time: Int64) throws -> Message {
        try self.message(number, by: person, at: time, memo: "share") { .share([Fixture.artefact]) }
    }

    func upload(_ number: Int, by person: Int, at time: Int64) throws -> Message {
        try self.message(number, by: person, at: time, memo: "upload") { .upload(Fixture.artefact) }
    }

    /// A proposal with one claim.
    func proposal(_ number: Int, by person: Int, origin: Int?, at time: Int64) throws -> Message {
        try self.message(number, by: person, at: time, memo: nil) {
            let deadline = Timestamp(milliseconds: time + PlainLedger.day)
            return .proposal(content: Fixture.artefact, until: deadline).adding([
                Draft.claims(1),
                ("origin_share_id", origin.map { .string(self.id($0).hex) } ?? .null),
            ])
        }
    }

    func adoption(_ number: Int, by person: Int, of proposal: Int, at time: Int64) throws
        -> Message
    {
        try self.message(number, by: person, at: time, memo: "adopt \(proposal)") {
            .adoption(of: self.id(proposal))
        }
    }

    func verification(
        _ number: Int,
        by person: Int,
        of proposal: Int,
        _ isTrue: Bool,
        at time: Int64
    ) throws -> Message {
        try self.message(number, by: person, at: time, memo: "verify \(proposal) \(isTrue)") {
            .verification(of: self.id(proposal), claim: 0, result: "\(isTrue)")
        }
    }

    func assessment(
        _ number: Int,
        by person: Int,
        of subject: Int,
        _ word: PlainLedger.Word,
        at time: Int64
    ) throws -> Message {
        try self.message(number, by: person, at: time, memo: nil) {
            .assessments(
                [(try self.node(subject), FixedPoint(millionths: word.overall))],
                formedAt: Timestamp(milliseconds: word.formedAt)
            )
        }
    }

    /// A decision of this node, with votes that counted or a resolution.
    func decision(
        _ number: Int,
        _ state: ProposalState,
        voters: [Int],
        resolution: (kind: Propose.Resolution.Kind, subject: Int, successor: Int?)?,
        at time: Int64
    ) throws -> LocalFact {
        let timestamp = Timestamp(milliseconds: time)
        let decision = DecisionFact(
            on: self.id(-number),
            state,
            author: try self.node(-1),
            effectiveAt: timestamp,
            resolution: try resolution.map { kind, subject, successor in
                Draft.resolution(
                    kind,
                    subject: try self.node(subject),
                    successor: try successor.map { try self.node($0) }
                )
            },
            votes: try voters.map { voter in
                .init(.endorse, of: try self.node(voter), voteID: self.id(voter), at: timestamp)
            }
        )
        return decision.recorded(at: timestamp)
    }
}
