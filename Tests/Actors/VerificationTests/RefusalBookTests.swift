import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

@Suite("ADR 0061: what is remembered of refusals")
struct RefusalBookTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    private func ask(_ id: MessageID, later milliseconds: Int64 = 0) -> RefusedMessage.Reply {
        let now = Sample.now.adding(milliseconds: milliseconds)
        return self.machine.refusal(of: RefusedMessage(id: id), now: now)
    }

    private mutating func refuse(
        _ id: MessageID?,
        _ refusal: Refusal,
        _ origin: Origin = .local(nil),
        later milliseconds: Int64 = 0
    ) {
        let event = MessageRefused(origin: origin, id: id, refusal: refusal)
        self.machine.refused(event, now: Sample.now.adding(milliseconds: milliseconds))
    }

    @Test("the last refusal is told with its cause, when, and whose message it was, for a day")
    mutating func remembered() {
        let gate = Refusal(.belowGate, "VOTE needs 0.3")
        self.refuse(.named("own"), Refusal(.busy, "first"))
        self.refuse(.named("own"), gate, later: 5)
        self.refuse(.named("other"), Refusal(.rule, "no"), Sample.gossip())
        let own = self.ask(.named("own"))
        #expect(
            own.refused == PastRefusal(gate, at: Sample.now.adding(milliseconds: 5), isOwn: true)
        )
        #expect(self.ask(.named("other")).refused?.isOwn == false)
        let day = VerificationLimits.refusalMilliseconds
        #expect(own.memory.milliseconds == day && day == 86_400_000)
        #expect(self.ask(.named("other"), later: day - 1).refused != nil)
        #expect(self.ask(.named("other"), later: day).refused == nil)
        #expect(self.ask(.named("never")).refused == nil)
    }

    @Test("that a message is known already is no refusal, and what has no id cannot be asked for")
    mutating func nothing() {
        self.refuse(.named("a"), Refusal(.schema, "wrong"))
        self.refuse(.named("a"), Refusal(.duplicate, "known"))
        self.refuse(nil, Refusal(.malformed, "no JSON"))
        #expect(self.ask(.named("a")).refused?.refusal.code == .schema)
    }

    @Test("a flood of strangers' messages drives out none of the own, and the memory stays bounded")
    mutating func flood() {
        self.refuse(.named("own"), Refusal(.belowGate, "mine"))
        let count = 3 * VerificationLimits.refusalsMax
        for number in 0..<count {
            self.refuse(.named("\(number)"), Refusal(.rule, "no"), Sample.gossip())
        }
        #expect(self.ask(.named("own")).refused?.refusal.detail == "mine")
        let kept = (0..<count).filter { self.ask(.named("\($0)")).refused != nil }
        #expect(kept.count <= VerificationLimits.refusalsMax)
        #expect(kept.count > VerificationLimits.refusalsMax * 9 / 10)
        #expect(kept == Array((count - kept.count)..<count), "the oldest go first")
        for number in 0..<(2 * VerificationLimits.ownRefusalsMax) {
            self.refuse(.named("mine \(number)"), Refusal(.rule, "no"))
        }
        #expect(self.ask(.named("own")).refused == nil)
    }

    @Test("a reason that quotes a stranger at length is cut")
    mutating func long() {
        self.refuse(
            .named("a"),
            Refusal(.schema, String(repeating: "ä", count: 5_000)),
            Sample.gossip()
        )
        let detail = self.ask(.named("a")).refused?.refusal.detail ?? ""
        #expect(detail.utf8.count <= VerificationLimits.refusalReasonBytesMax + 8)
    }

    @Test(
        "every code of a refusal has a rule and a way out in a sentence",
        arguments: Refusal.Code.allCases
    )
    func rules(code: Refusal.Code) {
        #expect(!code.rule.isEmpty && code.remedy.hasSuffix("."))
    }
}
