import Cryptography
import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

/// Every member has a value of its own, so that two that are mixed up show.
@Suite("Local API: what people and agents read of governance, member by member")
struct GovernanceRenderingTests {
    /// Expects that a record is what its schema says.
    private static func expectForm<R: Record>(
        _ record: R,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(R.schema.flaw(of: record.shown) == nil, sourceLocation: sourceLocation)
    }

    @Test("the phase of governance with what it lacks")
    func phase() {
        let reply = NetworkPhase.Reply(
            phase: .coldStart,
            activeIdentities: 1,
            activityMultiplier: Samples.amount(2),
            standard: SustainRun(hours: 3, hoursNeeded: 4, nodesNeeded: 5),
            constitutional: SustainRun(hours: 6, hoursNeeded: 7, nodesNeeded: 8),
            governanceSince: Samples.time(9),
            coldStartEnds: nil,
            protocolChanges: [
                ProtocolChange(
                    proposal: Samples.ids[0],
                    effectiveAt: Samples.time(10),
                    endOfLife: Samples.time(11)
                )
            ],
            missing: ["two nodes"]
        )
        Self.expectForm(reply)
        #expect(
            reply.shown.text == #"{"active_identities":1,"activity_multiplier":2,"#
                + #""cold_start_ends":null,"#
                + #""constitutional":{"hours":6,"hours_needed":7,"nodes_needed":8},"#
                + #""governance_since":9,"missing":["two nodes"],"phase":"cold-start","#
                + #""protocol_changes":[{"effective_at":10,"end_of_life":11,"#
                + #""proposal_id":"\#(Samples.ids[0].hex)"}],"#
                + #""standard":{"hours":3,"hours_needed":4,"nodes_needed":5}}"#
        )
    }

    @Test("a request with its threads and the proposals that answer it")
    func requests() throws {
        let message = try Draft.request(title: "t", body: "b")
            .signed(by: .named("author"), at: Samples.time(100))
        let comment = try Draft.comment(on: message.id, body: "c")
            .signed(by: .named("reader"), at: Samples.time(200))
        let view = RequestView(
            message: message,
            identity: Samples.nodes[0],
            isExpired: true,
            threads: [
                CommentView(
                    message: comment,
                    identity: Samples.nodes[1],
                    depth: 2,
                    hiddenBecause: "spam"
                )
            ],
            answers: [Samples.ids[1]]
        )
        let members =
            #""expired":true,"from":"\#(message.from.hex)","id":"\#(message.id.hex)","#
            + #""identity":"\#(Samples.hex(0))","#
        let rest = #""timestamp":100,"type":"REQUEST"}"#
        Self.expectForm(view.summary)
        #expect(
            view.summary.shown.text == "{\(members)" + #""payload":{"tags":[],"title":"t"},"# + rest
        )
        let comments =
            #""comments":[{"depth":2,"from":"\#(comment.from.hex)","hidden_because":"spam","#
            + #""id":"\#(comment.id.hex)","identity":"\#(Samples.hex(1))","#
            + #""payload":\#(comment.payloadValue.text),"timestamp":200}],"#
        Self.expectForm(view.detail)
        #expect(
            view.detail.shown.text == "{\(comments)\(members)"
                + #""payload":{"body":"b","tags":[],"title":"t"},"proposals":["\#(Samples.ids[1].hex)"],"#
                + rest
        )
    }

    @Test("what was counted of a proposal: its tally, votes, adoptions, outlook")
    func votes() {
        let tally = Tally(
            voters: 1,
            endorse: Samples.amount(2),
            reject: Samples.amount(3),
            abstain: Samples.amount(4),
            quorum: Samples.amount(5),
            threshold: Samples.amount(6)
        )
        Self.expectForm(tally)
        #expect(
            tally.shown.text == #"{"abstain":4,"endorse":2,"quorum":5,"reject":3,"threshold":6,"#
                + #""voters":1}"#
        )
        let vote = VoteView(
            identity: Samples.nodes[0],
            voteID: Samples.ids[0],
            stance: "reject",
            weight: Samples.amount(7),
            notCountedBecause: "late",
            rule: "D-55",
            remedy: "none",
            reason: "r"
        )
        Self.expectForm(vote)
        #expect(
            vote.shown.text == #"{"identity":"\#(Samples.hex(0))","not_counted_because":"late","#
                + #""reason":"r","remedy":"none","rule":"D-55","stance":"reject","#
                + #""vote_id":"\#(Samples.ids[0].hex)","weight":7}"#
        )
        let adoption = AdoptionView(identity: Samples.nodes[0], success: false)
        Self.expectForm(adoption)
        #expect(
            adoption.shown.text == #"{"identity":"\#(Samples.hex(0))","success":false}"#
        )
        let outlook = Outlook(
            mode: .headcount,
            quorumReached: Samples.amount(1),
            quorumNeeded: Samples.amount(2),
            votersNeeded: 3,
            ratio: Samples.amount(4),
            threshold: Samples.amount(9),
            endorsementMissing: Samples.amount(8),
            isClose: true,
            activeIdentities: 6,
            needsHalfOfHeads: false,
            effectiveAt: Samples.time(7)
        )
        Self.expectForm(outlook)
        #expect(
            outlook.shown.text == #"{"active_identities":6,"close":true,"effective_at":7,"#
                + #""endorsement_missing":8,"#
                + #""margin":-5,"mode":"headcount","needs_half_of_heads":false,"#
                + #""quorum_needed":2,"quorum_reached":1,"ratio":4,"threshold":9,"#
                + #""voters_needed":3}"#
        )
    }

    @Test("a proposal with every member that one can have")
    func proposal() throws {
        let start = APISteps.start
        let proposal = Propose(
            title: "t",
            body: "long",
            tags: ["a"],
            description: "d",
            contentHash: ContentHash(SHA256Digest.hash([1])),
            contentType: "x/y",
            contentSize: 5,
            contentURL: "https://example.org/x",
            requestID: Samples.ids[0],
            supersedes: Samples.ids[1],
            claims: [Propose.Claim(statement: "s", isVerifiable: true, evidence: "e")],
            tier: .constitutional,
            eol: start.adding(milliseconds: 900),
            votingDeadline: start.adding(milliseconds: 800)
        )
        let message = try Draft.request().signed(by: .named("author"), at: start)
        let outline = try ProposalView.example(.converging)
        let view = ProposalView(
            message: message,
            proposal: proposal,
            author: Samples.nodes[0],
            state: .converging,
            isAdopted: true,
            tally: outline.tally,
            votes: [],
            adoptions: [],
            supersededBy: [Samples.ids[2]],
            supersedes: [Samples.ids[3], Samples.ids[4]],
            threads: [],
            outlook: outline.outlook,
            decisionDue: start.adding(milliseconds: 700),
            isArchived: true,
            missing: ["m"]
        )
        let detail = view.detail(now: start, warning: nil).shown
        Self.expectForm(view.detail(now: start, warning: nil))
        Self.expectForm(view.summary(now: start))
        let expected: [(String, JSONValue)] = [
            ("author", .string(Samples.hex(0))), ("id", .string(message.id.hex)),
            ("timestamp", .integer(start.milliseconds)), ("title", .string("t")),
            ("body", .string("long")), ("description", .string("d")),
            ("tags", .array([.string("a")])),
            ("content_hash", .string(proposal.contentHash.hex)),
            ("content_type", .string("x/y")), ("content_size", .integer(5)),
            ("content_url", .string("https://example.org/x")),
            ("content_inline", .bool(false)), ("tier", .string("constitutional")),
            ("eol", .integer(start.milliseconds + 900)),
            ("request_id", .string(Samples.ids[0].hex)),
            ("supersedes", .string(Samples.ids[1].hex)),
            ("superseded_by", .array([.string(Samples.ids[2].hex)])),
            ("chain", .array([.string(Samples.ids[3].hex), .string(Samples.ids[4].hex)])),
            ("voting_deadline", .integer(start.milliseconds + 800)),
            ("decision_due", .integer(start.milliseconds + 700)), ("overdue", .bool(false)),
            ("state", .string("converging")), ("adopted", .bool(true)),
            ("archived", .bool(true)), ("missing", .array([.string("m")])),
        ]
        for (name, value) in expected { #expect(detail[name] == value, "\(name)") }
        #expect(
            detail["claims"]?.text == #"[{"evidence":"e","statement":"s","verifiable":true}]"#
        )
    }
}
