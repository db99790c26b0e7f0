import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Kernel
@testable import Verification

@Suite("§10 Proofs of delay")
struct ProofTests {
    @Test("D-23: a proof seen before costs no recomputation, and its key can have no other")
    func memory() {
        var memory = ProofMemory(hasQuota: true)
        let key = SigningKey.generate()
        let node = NodeID(key.publicKey)
        let proof = Stranger.proof(of: key)
        let before = memory.verdict(on: proof, of: node)
        memory.remember(proof, of: node)
        let (after, other) = (
            memory.verdict(on: proof, of: node),
            memory.verdict(on: Stranger.proof(of: key, salt: 1), of: node)
        )
        #expect(before == .unknown && after == .holds && other == .cannotHold)
    }

    @Test("R-10-012, R-16-045, DISC-N12, D-23: fifty strangers that connect in any day")
    func allowance() {
        var strangers = StrangerAllowance()
        // Five an hour for ten hours, which end a quarter past midnight UTC or begin then.
        let start = Timestamp(milliseconds: 1_700_093_700_000)
        let hours = (0..<50).map { Int64($0 / 5) * 3_600_000 }
        let spent = hours.map { strangers.spend(now: start.adding(milliseconds: $0))?.code }
        #expect(spent == Array(repeating: nil, count: 50))
        let late = [Int64(36_000_000), 86_399_999].map {
            strangers.spend(now: start.adding(milliseconds: $0))?.code
        }
        #expect(late == [.busy, .busy], "whatever the date")
        let day = start.adding(milliseconds: 86_400_000)
        let next = (0..<6).map { _ in strangers.spend(now: day)?.code }
        #expect(next == [nil, nil, nil, nil, nil, .busy], "the first five are a day old")
    }

    @Test("R-10-013, R-16-046, DISC-N09, DISC-N10: five strangers that connect in any hour")
    func newPeers() {
        var memory = ProofMemory(hasQuota: true)
        func spend(_ allowance: ProofMemory.Allowance, after offset: Int64) -> Refusal.Code? {
            memory.spend(allowance, now: Sample.now.adding(milliseconds: offset))?.code
        }
        let first = (Int64(0)..<5).map { spend(.connection, after: $0) }
        #expect(first == [nil, nil, nil, nil, nil])
        let sixth = spend(.connection, after: 3_599_999)
        let announced = spend(.announcement(by: Sample.relay), after: 3_599_999)
        let dialled = spend(.paid, after: 3_599_999)
        let next = spend(.connection, after: 3_600_000)
        let tooEarly = spend(.connection, after: 3_600_000)
        #expect(sixth == .busy && tooEarly == .busy)
        #expect(announced == nil && dialled == nil && next == nil)
    }

    @Test("D-23: the local profile lifts all allowances")
    func localProfile() {
        var memory = ProofMemory(hasQuota: false)
        let allowances = [ProofMemory.Allowance.connection, .announcement(by: Sample.relay)]
        for allowance in allowances {
            let objections = (0..<3_000).map { _ in
                memory.objection(to: allowance, now: Sample.now)
                    ?? memory.spend(allowance, now: Sample.now)
            }
            #expect(objections.allSatisfy { $0 == nil })
        }
    }
}

@Suite("ADR 0040: hashing for announcements of strangers")
struct HashingBudgetTests {
    private var budget = HashingBudget()

    private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

    /// How many whole proofs a relay's announcements may cause at a moment.
    private mutating func proofs(of relay: NodeID, after milliseconds: Int64 = 0) -> Int {
        let now = Sample.now.adding(milliseconds: milliseconds)
        var count = 0
        while self.budget.objection(to: VDF.segments, of: relay, now: now) == nil {
            self.budget.spend(VDF.segments, of: relay, now: now)
            count += 1
        }
        return count
    }

    @Test("C1-5: one relay's announcements use half of everything, and the rest is left for others")
    mutating func shares() {
        let (first, second) = (self.node(), self.node())
        let (ofFirst, ofSecond) = (self.proofs(of: first), self.proofs(of: second))
        #expect(ofFirst == 1_200)
        #expect(ofSecond == 600)
        let again = self.proofs(of: first)
        #expect(again == 0)
    }

    @Test("C1-5: in the long run a segment a second is hashed, five percent of a core")
    mutating func longRun() {
        let relays = (0..<40).map { _ in self.node() }
        var total = 0
        for hour in Int64(0)..<48 {
            for relay in relays { total += self.proofs(of: relay, after: hour * 3_600_000) }
        }
        let segments = total * VDF.segments
        #expect(segments <= 24_000 + 47 * 3_600)
        // At 50 ms a segment.
        #expect(segments * 50 <= 48 * 3_600_000 * 5 / 100 + 24_000 * 50)
    }

    @Test("C1-5: shares of relays that were silent since are forgotten")
    mutating func forgotten() {
        let relay = self.node()
        let first = self.proofs(of: relay)
        let later = self.proofs(of: relay, after: 24_000_000)
        #expect(first == later)
    }
}

@Suite("D-23: the allowance for strangers")
struct AllowanceTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    /// Admits an announcement whose signature holds; `answers` are the verdicts on its proof.
    ///
    /// - Returns: the end of it, and which segments were recomputed.
    private mutating func admit(
        _ message: Message,
        _ answers: VerificationOutcome...,
        origin: Origin = Sample.gossip(.peers)
    ) -> (end: VerificationAction?, segments: [[Int]]) {
        let request = AdmitMessage(bytes: message.canonical, origin: origin)
        var action = self.machine.admit(request, now: Sample.now).first
        var segments: [[Int]] = []
        for answer in [.valid] + answers {
            guard case .submit(let job, let token) = action else { break }
            if case .proof(_, let range) = job { segments.append(range) }
            action = self.machine.done(token, answer, now: Sample.now, entropy: 7).first
        }
        return (action, segments)
    }

    @Test("R-10-012: junk of a thousand strangers fails at its first segment and shuts nobody out")
    mutating func junk() throws {
        for _ in 0..<1_000 {
            let (end, segments) = self.admit(try Stranger.announcement(), .badProof)
            #expect(end?.code == .invalidProof)
            #expect(segments == [[7]])
        }
        let honest = try Stranger.announcement()
        let (end, segments) = self.admit(honest, .valid, .valid)
        #expect(end?.passed == honest.id)
        #expect(segments == [[7], [0, 1, 2, 3, 4, 5, 6, 8, 9]])
    }

    @Test(
        "C1-5, D-23: announcements of a thousand strangers pass, and shut nobody out who connects"
    )
    mutating func joining() throws {
        for _ in 0..<1_024 {
            let message = try Stranger.announcement()
            let end = self.admit(message, .valid, .valid).end
            #expect(end?.passed == message.id)
        }
        let failure = self.connect(.generate())
        #expect(failure == nil, "five strangers an hour may connect all the same")
    }

    @Test("C1-5: a relay's share ends; own announcements, known keys and other relays still pass")
    mutating func exemptions() throws {
        let friend = SigningKey.generate()
        self.machine.replay(try Stranger.announcement(by: friend))
        var codes: [Refusal.Code?] = []
        for _ in 0..<1_201 {
            codes.append(self.admit(try Stranger.announcement(), .valid, .valid).end?.code)
        }
        #expect(codes.prefix(1_200).allSatisfy { $0 == nil } && codes.last == .busy)

        let own = try Stranger.announcement()
        let ownEnd = self.admit(own, .valid, origin: .local(nil))
        #expect(ownEnd.end?.passed == own.id)
        #expect(ownEnd.segments == [Array(0..<10)])

        let known = try Stranger.announcement(by: friend, uptime: 1)
        let knownEnd = self.admit(known)
        #expect(knownEnd.end?.passed == known.id)
        #expect(knownEnd.segments.isEmpty)

        let other = NodeID(SigningKey.generate().publicKey)
        let heard = try Stranger.announcement()
        let origin = Origin.gossip(relay: other, topic: .peers, ticket: 1)
        let heardEnd = self.admit(heard, .valid, .valid, origin: origin)
        #expect(heardEnd.end?.passed == heard.id)
        let failure = self.connect(.generate())
        #expect(failure == nil)
    }

    @Test("C1-5: proofs of strangers are recomputed one at a time, and all are decided")
    mutating func oneAtATime() throws {
        let messages = try (0..<20).map { _ in try Stranger.announcement() }
        var running: [UInt64] = []
        for message in messages {
            let request = AdmitMessage(bytes: message.canonical, origin: Sample.gossip(.peers))
            let actions = self.machine.admit(request, now: Sample.now)
            let token = try #require(actions.first?.token)
            let next = self.machine.done(token, .valid, now: Sample.now, entropy: 7)
            running += next.compactMap(\.token)
        }
        #expect(running.count == 1)
        var passed: [MessageID] = []
        while let token = running.popLast() {
            // Every other one is junk.
            let isJunk = !passed.count.isMultiple(of: 2) && passed.count < 9
            let outcome = isJunk ? VerificationOutcome.badProof : .valid
            let actions = self.machine.done(token, outcome, now: Sample.now, entropy: 7)
            running += actions.compactMap(\.token)
            passed += actions.compactMap { $0.passed ?? $0.code.map { _ in messages[0].id } }
            #expect(running.count <= 1)
        }
        #expect(passed.count == messages.count)
    }

    /// What is answered to a stranger that connects and proves its delay.
    private mutating func connect(_ key: SigningKey) -> String? {
        let asker = ReplyAddress<CheckProof>(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 1),
            topic: 0
        )
        let query = CheckProof(proof: Stranger.proof(of: key), key: NodeID(key.publicKey))
        var actions = self.machine.check(query, from: asker, now: Sample.now, entropy: 3)
        while case .submit(_, let token)? = actions.first {
            actions = self.machine.done(token, .valid, now: Sample.now, entropy: 3)
        }
        guard case .answerCheck(_, let failure)? = actions.first else { return "no answer" }
        return failure
    }

    @Test("Another proof of a key whose proof is known is refused without hashing")
    mutating func secondProof() throws {
        let friend = SigningKey.generate()
        self.machine.replay(try Stranger.announcement(by: friend))
        let (end, segments) = self.admit(try Stranger.announcement(by: friend, salt: 1))
        #expect(end?.code == .invalidProof)
        #expect(segments.isEmpty)
    }
}
