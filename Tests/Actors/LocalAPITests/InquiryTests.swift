import Cryptography
import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("ADR 0061: what became of a message")
struct InquiryTests {
    private static let unknown = MessageID(SHA256Digest.hash([7]))
    private static let memory = RefusalMemory(ownMax: 3, othersMax: 5, milliseconds: 86_400_000)

    /// Asks for a message that the log has; the question that follows, or the answer.
    private static func look(at message: Message, _ steps: inout APISteps) -> [LocalAPIAction] {
        let asked = steps.put(.explain(message.id))
        #expect(asked.questions == ["messages \(message.id.hex)"])
        let reply = MessagesByID.Reply(messages: [message.canonical])
        return steps.hear(.messages(reply), from: .persistence)
    }

    private static func vote(
        on proposal: MessageID,
        by name: String = "voter",
        at seconds: Int64 = 0
    ) throws -> Message {
        try Draft.vote("endorse", on: proposal).signed(
            by: .named(name),
            at: APISteps.start.adding(milliseconds: seconds * 1_000)
        )
    }

    private static func view(
        _ votes: [VoteView],
        decidedAt: Timestamp? = nil,
        objection: String? = nil
    ) throws -> ProposalView {
        let example = try ProposalView.example(decidedAt == nil ? .open : .rejected)
        return ProposalView(
            message: example.message,
            proposal: example.proposal,
            author: example.author,
            state: example.state,
            isAdopted: false,
            tally: example.tally,
            votes: votes,
            adoptions: [],
            supersededBy: [],
            supersedes: [],
            threads: [],
            outlook: example.outlook,
            decisionDue: nil,
            isArchived: false,
            missing: example.missing,
            objection: objection,
            decidedAt: decidedAt
        )
    }

    private static func explained(_ message: Message, on view: ProposalView) -> JSONValue? {
        var steps = APISteps()
        let asked = Self.look(at: message, &steps)
        #expect(asked.questions.count == 1 && asked.answer == nil)
        let answer = steps.hear(.proposals([view]), from: .consensus).answer
        #expect(answer?.status == 200)
        #expect(answer.map { MessageExplanation.schema.flaw(of: $0.body) } == .some(nil))
        return answer?.body
    }

    @Test("a message that is not in the log is looked for among the refusals, with rule and remedy")
    func refused() {
        var steps = APISteps()
        _ = steps.put(.explain(Self.unknown))
        let asked = steps.hear(.messages(MessagesByID.Reply(messages: [])), from: .persistence)
        #expect(asked.questions == ["refusal of \(Self.unknown.hex)"])
        let refusal = Refusal(.rateLimited, "three in seven days", retryAt: APISteps.start)
        let past = PastRefusal(refusal, at: APISteps.start, isOwn: true)
        let reply = RefusedMessage.Reply(refused: past, memory: Self.memory)
        let body = steps.hear(.refused(reply), from: .verification).answer?.body
        #expect(body?["outcome"]?.string == "refused" && body?["code"]?.string == "rate_limited")
        #expect(
            body?["rule"]?.string == "D-20" && body?["because"]?.string == "three in seven days"
        )
        #expect(body?["retry_at"]?.integer == APISteps.start.milliseconds)
        #expect(body.map { MessageExplanation.schema.flaw(of: $0) } == .some(nil))
    }

    @Test("a message that nobody knows is unknown, and the answer says what is kept")
    func unknown() {
        var steps = APISteps()
        _ = steps.put(.explain(Self.unknown))
        _ = steps.hear(.messages(MessagesByID.Reply(messages: [])), from: .persistence)
        let reply = RefusedMessage.Reply(refused: nil, memory: Self.memory)
        let answer = steps.hear(.refused(reply), from: .verification).answer
        #expect(answer?.problem == "404 unknown_message")
        #expect(
            answer?.detail.contains("last 3 refusals of own messages and 5 of others for 24 hours")
                == true
        )
    }

    @Test("a vote counts with its weight, or does not by a rule, as Consensus counts it")
    func votes() throws {
        let proposal = try ProposalView.example(.open).message.id
        let vote = try Self.vote(on: proposal)
        func counted(_ because: String?, _ rule: String?) -> VoteView {
            VoteView(
                identity: vote.from,
                voteID: vote.id,
                stance: "endorse",
                weight: because == nil ? .one : .zero,
                notCountedBecause: because,
                rule: rule,
                remedy: rule.map { "see \($0)" },
                reason: nil
            )
        }
        let good = Self.explained(vote, on: try Self.view([counted(nil, nil)]))
        #expect(good?["outcome"]?.string == "counted" && good?["weight"]?.integer == 1_000_000)
        #expect(good?["type"]?.string == "VOTE" && good?["about"]?.string == proposal.hex)
        let bad = Self.explained(vote, on: try Self.view([counted("score 0.29", "R-08-004")]))
        #expect(bad?["outcome"]?.string == "not_counted" && bad?["because"]?.string == "score 0.29")
        #expect(bad?["rule"]?.string == "R-08-004" && bad?["remedy"]?.string == "see R-08-004")
    }

    @Test("a vote that is not among those counted was replaced, or came after the decision")
    func replaced() throws {
        let vote = try Self.vote(on: try ProposalView.example(.open).message.id)
        let replaced = Self.explained(vote, on: try Self.view([]))
        #expect(replaced?["rule"]?.string == "R-08-002")
        #expect(replaced?["because"]?.string?.hasPrefix("Another vote") == true)
        let late = Self.explained(vote, on: try Self.view([], decidedAt: APISteps.start))
        #expect(late?["because"]?.string?.contains(APISteps.start.text) == true)
    }

    @Test("a vote on what has not arrived waits, and a proposal says what stands against it")
    func others() throws {
        let view = try Self.view([], objection: "governance is frozen")
        var steps = APISteps()
        let vote = try Self.vote(on: Self.unknown)
        _ = Self.look(at: vote, &steps)
        let waiting = steps.hear(.proposals([]), from: .consensus).answer?.body
        #expect(
            waiting?["outcome"]?.string == "waiting" && waiting?["rule"]?.string == "R-14-005, D-88"
        )
        let proposal = Self.explained(view.message, on: view)
        #expect(proposal?["outcome"]?.string == "not_counted")
        #expect(proposal?["because"]?.string?.contains("governance is frozen") == true)
    }

    @Test("a comment on a request is looked for there when no proposal has its target")
    func comments() throws {
        let request = try Draft.request().signed(by: .named("author"), at: APISteps.start)
        let comment = try Draft.comment(on: request.id).signed(
            by: .named("voter"),
            at: APISteps.start
        )
        var steps = APISteps()
        _ = Self.look(at: comment, &steps)
        let asked = steps.hear(.proposals([]), from: .consensus)
        #expect(asked.questions == ["1 requests, \(request.id.hex)"])
        let thread = CommentView(
            message: comment,
            identity: comment.from,
            depth: 0,
            hiddenBecause: "too many"
        )
        let view = RequestView(
            message: request,
            identity: request.from,
            isExpired: false,
            threads: [thread]
        )
        let body = steps.hear(.requests([view]), from: .consensus).answer?.body
        #expect(body?["outcome"]?.string == "not_counted" && body?["rule"]?.string == "D-76")
    }

    @Test("what nothing is counted of is kept; a node without its log says which part is missing")
    func kept() throws {
        let share = try Draft.share([[1]]).signed(by: .named("author"), at: APISteps.start)
        var steps = APISteps()
        let body = Self.look(at: share, &steps).answer?.body
        #expect(body?["outcome"]?.string == "kept" && body?["type"]?.string == "SHARE")
        var bare = APISteps([.consensus])
        #expect(bare.put(.explain(share.id)).answer == .absent(.persistence))
    }
}
