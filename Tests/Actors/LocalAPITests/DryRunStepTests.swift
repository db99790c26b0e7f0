import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("ADR 0059: what would come of an act, step by step")
struct DryRunStepTests {
    private static let proposal = MessageID(SHA256Digest.hash([1]))
    private static let vote = APICall.vote(Self.proposal, stance: .endorse, reason: nil)
    private static let sender = SenderStanding(identity: Samples.nodes[0])

    private static func draft() throws -> Message {
        try EnvelopeCodec.draft(
            .vote,
            payload: Vote(proposalID: Self.proposal, stance: .endorse, syncStatus: .synced).json,
            timestamp: APISteps.start,
            from: Samples.nodes[0]
        )
    }

    private static let cost = DraftRating.Cost(
        reputation: FixedPoint(millionths: 5),
        used: DraftRating.Usage(messages: 2, bytes: 700),
        messagesMax: nil,
        bytesMax: 900
    )

    /// The steps up to the judge of a vote.
    private static func judged(_ verdict: DraftVerdict, doubt: String? = nil) throws -> JSONValue {
        var steps = APISteps()
        let draft = try Self.draft()
        let asked = steps.put(.dryRun(Self.vote))
        #expect(asked.questions == ["draft of VOTE"] && asked.published == nil)
        let drafted = steps.hear(.drafted(.drafted(draft, Self.sender)), from: .identity)
        #expect(drafted.questions == ["check of VOTE"])
        let checked = steps.hear(.checked(nil), from: .verification)
        #expect(checked.questions == ["rating of VOTE"])
        let rating = DraftRating.Reply(
            outcome: .success(draft.admitted(from: .local(nil))),
            cost: Self.cost,
            doubt: doubt
        )
        #expect(steps.hear(.rated(rating), from: .reputation).questions == ["verdict on VOTE"])
        let told = steps.hear(.judged(verdict), from: .consensus).answer
        let answer = try #require(told)
        #expect(answer.status == 200 && DryRunReport.schema.flaw(of: answer.body) == nil)
        return answer.body
    }

    @Test("each who judges real messages is asked in turn, and nothing is signed")
    func accepted() throws {
        let body = try Self.judged(DraftVerdict())
        #expect(body["dry_run"] == .bool(true))
        #expect(body["accepted"] == .bool(true) && body["counts"] == .bool(true))
        #expect(body["refusal"] == nil && body["not_counted_because"] == nil)
        #expect(body["message"]?["type"]?.string == "VOTE")
        #expect(body["message"]?["payload"]?["proposal_id"]?.string == Self.proposal.hex)
        #expect(
            body["cost"]?.text == #"{"bytes_max":900,"bytes_used":700,"messages_max":null,"#
                + #""messages_used":2,"reputation":5}"#
        )
    }

    @Test("a message that is accepted may not count, by its judge or by the score of its author")
    func uncounted() throws {
        let late = try Self.judged(DraftVerdict(notCountedBecause: "late"), doubt: "low")
        #expect(late["accepted"] == .bool(true) && late["counts"] == .bool(false))
        #expect(late["not_counted_because"]?.string == "late")
        let low = try Self.judged(DraftVerdict(), doubt: "low")
        #expect(low["accepted"] == .bool(true) && low["counts"] == .bool(false))
        #expect(low["not_counted_because"]?.string == "low")
    }

    @Test("a refusal is told as the problem that the act would be answered with, whoever refuses")
    func refused() throws {
        let refusal = Refusal(.rateLimited, "wait", retryAt: APISteps.start)
        let problem = APIResponse(refusal).body
        let judged = try Self.judged(DraftVerdict(refusal: refusal))
        #expect(judged["refusal"] == problem && judged["counts"] == .bool(false))
        var steps = APISteps()
        _ = steps.put(.dryRun(Self.vote))
        let silent = steps.hear(.drafted(.refused(refusal, nil)), from: .identity).answer
        #expect(silent?.status == 200 && silent?.body["refusal"] == problem)
        #expect(silent?.body["message"] == nil)
        _ = steps.put(.dryRun(Self.vote))
        _ = steps.hear(.drafted(.drafted(try Self.draft(), Self.sender)), from: .identity)
        let checked = steps.hear(.checked(refusal), from: .verification).answer
        #expect(checked?.body["refusal"] == problem && checked?.body["message"] != nil)
    }

    @Test("texts that are not sent, and a log that does not write, are refusals, too")
    func ownRules() {
        var steps = APISteps()
        let long = String(repeating: "x", count: 10_241)
        let told = steps.put(.dryRun(.vote(Self.proposal, stance: .reject, reason: long))).answer
        #expect(told?.status == 200 && told?.body["refusal"]?["code"]?.string == "too_long")
        steps.machine.logStopped(LogStopped(reason: "full", takes: .nothing))
        let stopped = steps.put(.dryRun(Self.vote)).answer
        #expect(stopped?.status == 200)
        #expect(stopped?.body["refusal"]?["code"]?.string == "storage_stopped")
    }

    @Test("an adoption is not fetched, and an upload is not kept")
    func artefacts() throws {
        var steps = APISteps()
        let ratified = try ProposalView.example(.ratified)
        _ = steps.put(.dryRun(.adopt(ratified.message.id)))
        let adopted = steps.hear(.proposals([ratified]), from: .consensus)
        #expect(adopted.questions == ["draft of ADOPT"])
        var other = APISteps()
        _ = other.put(.dryRun(.adopt(ratified.message.id)))
        let open = other.hear(.proposals([try ProposalView.example(.open)]), from: .consensus)
        #expect(open.answer?.body["refusal"]?["code"]?.string == "not_ratified")
        let share = ShareContent(
            upload: UploadedContent(number: 1, hash: ContentHash(.zero), size: 1),
            contentType: "x/y",
            filename: nil,
            description: nil,
            tags: []
        )
        var third = APISteps()
        let kept = third.put(.dryRun(.share(share)))
        #expect(kept.sharing.map(\.isDryRun) == [true])
        var fourth = APISteps()
        #expect(fourth.put(.share(share)).sharing.map(\.isDryRun) == [false])
    }

    @Test("a subsystem that does not answer, or is not there, leaves the question unanswered")
    func unanswered() {
        var steps = APISteps()
        _ = steps.put(.dryRun(Self.vote))
        #expect(steps.hear(nil, from: .identity).answer?.problem == "504 timeout")
        var bare = APISteps([.consensus])
        #expect(bare.put(.dryRun(Self.vote)).answer?.problem == "501 absent_subsystem")
    }

    @Test("all acts that sign have a dry run, and nothing else does")
    func table() {
        let dry = Endpoints.all().map(\.operation).filter { operation in
            operation.arguments.contains { $0.property == Doors.Operation.dryRun }
        }
        let acts = Endpoints.all().map(\.operation).filter { $0.kind != .read }
        let others = acts.map(\.name).filter { name in !dry.contains { $0.name == name } }
        #expect(others == ["verify_content", "offer_storage"])
        #expect(dry.allSatisfy { $0.kind != .read })
    }
}

extension [LocalAPIAction] {
    /// What the storage market is to keep.
    fileprivate var sharing: [ShareContent] {
        self.compactMap {
            if case .ask(.share(let share), APISteps.id) = $0 { share } else { nil }
        }
    }
}
