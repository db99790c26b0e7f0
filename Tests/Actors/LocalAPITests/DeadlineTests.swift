import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

private func clock(_ offset: Int64) -> ClockComparison {
    ClockComparison(offsetMilliseconds: offset, peers: 3, standing: .right)
}

@Suite("ADR 0034: who acts near a deadline is told that the clock is off")
struct DeadlineWarningTests {
    private static let now = APISteps.start

    private static func warning(_ offset: Int64, left: Int64) -> String? {
        clock(offset).warning(until: Self.now.adding(milliseconds: left), now: Self.now)
    }

    @Test("less than three seconds are no offset")
    func off() {
        for offset in [3_000, -3_000, .min, .max] as [Int64] { #expect(clock(offset).isOff) }
        for offset in [2_999, -2_999, 0] as [Int64] {
            #expect(!clock(offset).isOff && Self.warning(offset, left: 1) == nil)
        }
    }

    @Test("near is a minute and the offset, and a deadline that is past by the own clock is none")
    func near() {
        for offset in [30_000, -30_000] as [Int64] {
            #expect(Self.warning(offset, left: 90_000) != nil)
            #expect(Self.warning(offset, left: 90_001) == nil)
            #expect(Self.warning(offset, left: 0) != nil)
            #expect(Self.warning(offset, left: -1) == nil)
        }
        #expect(Self.warning(.min, left: .max / 4) != nil, "no span overflows")
    }

    @Test("the warning says by how much, on which side, and what is left by the clocks of peers")
    func texts() {
        let end = "the deadline of 2026-01-01T00:00Z"
        let advice = "; set the clock, best by an NTP service"
        #expect(
            Self.warning(30_499, left: 10_000)
                == "this node's clock is 30 s ahead of those of its peers, by which 40 s are left "
                + "until \(end)\(advice)"
        )
        for left in [10_000, 30_500] as [Int64] {
            #expect(
                Self.warning(-30_500, left: left)
                    == "this node's clock is 31 s behind those of its peers, by which \(end) has "
                    + "passed\(advice)"
            )
        }
    }
}

@Suite("ADR 0034: own messages with a deadline")
struct DeadlineStepTests {
    private static let proposal = MessageID(SHA256Digest.hash([2]))
    private static let vote = APICall.vote(Self.proposal, stance: .endorse, reason: nil)

    private static func steps(
        offset: Int64 = -30_000,
        _ subsystems: Set<SubsystemName> = [.consensus, .identity]
    ) -> APISteps {
        var steps = APISteps(subsystems)
        steps.machine.compared(clock(offset))
        return steps
    }

    /// The warnings in the answer, once the message is durable.
    private static func warnings(_ steps: inout APISteps) throws -> [String?]? {
        let message = try Draft.vote("endorse", on: Self.proposal)
            .signed(by: .named("voter"), at: steps.now)
        return steps.log(message).answer?.body["warnings"]?.elements?.map(\.string)
    }

    @Test("a vote waits for when its proposal closes, and its caller is warned if that is near")
    func votes() throws {
        for (due, isNear) in [(10_000, true), (3_600_000, false)] as [(Int64, Bool)] {
            let view = try ProposalView.example(.open, due: due)
            let withdrawal = Draft.withdrawal(of: Self.proposal)
            for call in [Self.vote, .publish(.withdraw, withdrawal.payload)] {
                var steps = Self.steps()
                let asked = steps.put(call)
                #expect(asked.questions == ["1 proposals, \(Self.proposal.hex)"])
                #expect(asked.published == nil)
                let known = steps.hear(.proposals([view]), from: .consensus)
                #expect(known.published?.request == APISteps.id)
                let warnings = try Self.warnings(&steps)
                #expect(warnings?.count == (isNear ? 1 : 0))
                #expect(!isNear || warnings?.first??.contains("30 s behind") == true)
            }
        }
    }

    @Test(
        "a vote goes out at once when the clock is right, or nobody knows when its proposal closes"
    )
    func atOnce() throws {
        for var steps in [Self.steps(offset: 2_000), Self.steps([.identity])] {
            let actions = steps.put(Self.vote)
            #expect(actions.published?.type == .vote && actions.questions.isEmpty)
            let warnings = try Self.warnings(&steps)
            #expect(warnings == [])
        }
        var steps = Self.steps()
        let nameless = steps.put(.publish(.withdraw, .object([("proposal_id", .string("x"))])))
        #expect(nameless.published?.type == .withdraw, "its judge says what is wrong with it")
        _ = steps.put(Self.vote)
        let unknown = steps.hear(.proposals([]), from: .consensus)
        #expect(unknown.published?.type == .vote)
    }

    @Test("a proposal whose own deadline is near is warned of without a question")
    func proposals() throws {
        for (left, isNear) in [(10_000, true), (3_600_000, false)] as [(Int64, Bool)] {
            var steps = Self.steps()
            let draft = Draft.proposal(until: steps.now.adding(milliseconds: left))
            let actions = steps.put(.publish(.propose, draft.payload))
            #expect(actions.published?.type == .propose && actions.questions.isEmpty)
            let warnings = try Self.warnings(&steps)
            #expect(warnings?.count == (isNear ? 1 : 0))
        }
        var steps = Self.steps()
        _ = steps.put(.publish(.request, Draft.request().payload))
        let warnings = try Self.warnings(&steps)
        #expect(warnings == [], "a request has no deadline")
    }

    @Test("who looks at a proposal near its deadline is warned, too")
    func reads() throws {
        for (offset, isOff) in [(-30_000, true), (1_000, false)] as [(Int64, Bool)] {
            var steps = Self.steps(offset: offset)
            let view = try ProposalView.example(.open, due: 10_000)
            _ = steps.put(.proposal(view.message.id))
            let answer = steps.hear(.proposals([view]), from: .consensus).answer
            #expect(answer?.body["warnings"]?.elements?.count == (isOff ? 1 : 0))
        }
    }
}
