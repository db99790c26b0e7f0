import Cryptography
import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("Local API: what a request waits for")
struct LocalAPIMachineTests {
    private let now = Timestamp(milliseconds: 1_767_225_600_000)
    private let hash = ContentHash(SHA256Digest.hash([1]))

    private func id(_ number: UInt64) -> RequestID { RequestID(rawValue: number) }

    private func view(_ state: ProposalState, isAdopted: Bool = false) throws -> ProposalView {
        try ProposalView.example(state, isAdopted: isAdopted)
    }

    @Test("a proposal is adopted when it is known, ratified and not adopted yet")
    func obstacles() throws {
        func code(_ view: ProposalView?) -> String? {
            LocalAPIStateMachine.obstacle(to: view, now: self.now)?.body["code"]?.string
        }
        #expect(code(nil) == "unknown_proposal")
        #expect(code(try self.view(.ratified)) == nil)
        #expect(code(try self.view(.ratified, isAdopted: true)) == "already_adopted")
        for state in ProposalState.allCases where state != .ratified {
            #expect(code(try self.view(state)) == "not_ratified")
        }
    }

    @Test("C2-13: what cannot be adopted yet says since when, until when and why, in plain words")
    func standings() throws {
        func detail(_ state: ProposalState, due: Int64?, at later: Int64 = 0) throws -> String {
            let view = try ProposalView.example(state, due: due)
            let now = self.now.adding(milliseconds: later)
            let answer = LocalAPIStateMachine.obstacle(to: view, now: now)
            return answer?.body["detail"]?.string ?? ""
        }
        let hour: Int64 = 3_600_000
        let converging = try detail(.converging, due: 3 * hour)
        #expect(
            converging.contains("enough endorse it so far; voting ends 2026-01-01T03:00Z, in 3 h")
        )
        let open = try detail(.open, due: 30 * 60_000)
        #expect(open.contains("voting ends 2026-01-01T00:30Z, in 30 min; so far nobody voted"))
        let confirming = try detail(.confirming, due: 7 * 24 * hour)
        #expect(confirming.contains("confirmed or not at 2026-01-08T00:00Z, in 7 days"))
        let overdue = try detail(.open, due: hour, at: hour + 1)
        #expect(overdue.contains("the deadline passed") && overdue.contains("deciding"))
        for state in ProposalState.allCases where state != .ratified {
            let text = try detail(state, due: nil)
            #expect(!text.contains(": ;") && !text.contains("; ;"), "\(state): \(text)")
        }
    }

    @Test(
        "C3-12: who waits for a commit while the log is stopped hears no refusal, and is told so late"
    )
    func waitingForStorage() {
        var machine = LocalAPIStateMachine()
        let proposal = MessageID(SHA256Digest.hash([2]))
        let kinds: [LocalAPIStateMachine.Waiting] = [
            .message, .answer, .proposal, .adoptionLookup(proposal),
            .adoptionContent(proposal, self.hash),
            .adoptionMessage(proposal, self.hash, path: "/x"),
            .adoptionFact(proposal, APIResponse(.emptyObject)),
        ]
        for (number, kind) in kinds.enumerated() {
            let isTaken = machine.begin(self.id(UInt64(number)), kind, now: self.now)
            #expect(isTaken)
        }
        machine.advance(self.id(4), to: .adoptionMessage(proposal, self.hash, path: "/y"))
        machine.end(self.id(0))
        #expect(machine.waiting(self.id(0)) == nil)
        machine.node.logStoppedBecause = "the disk is full"
        let late = machine.expire(now: self.now.adding(milliseconds: APILimits.requestMilliseconds))
        #expect(late.map(\.id) == (1..<7).map { self.id($0) })
        #expect(late.allSatisfy { $0.answer.status == 504 })
        let undecided = late.filter { $0.answer.body["code"]?.string == "undecided" }
        #expect(undecided.map(\.id) == [self.id(4), self.id(5), self.id(6)])
        #expect(
            undecided.allSatisfy {
                $0.answer.body["detail"]?.string?.contains("Do not send it again") == true
            }
        )
    }

    @Test("an adoption ends with the fact of that very adoption")
    func adopted() {
        let (mine, other) = (MessageID(SHA256Digest.hash([2])), MessageID(SHA256Digest.hash([3])))
        let answer = APIResponse(.object([("path", .string("/x"))]))
        var machine = LocalAPIStateMachine()
        let isTaken = machine.begin(self.id(1), .adoptionFact(mine, answer), now: self.now)
        let fact = AdoptionFact(proposal: mine).fact(recordedAt: self.now)
        let alien = LocalFact(
            owner: .consensus,
            kind: "tally",
            body: fact.body,
            recordedAt: self.now
        )
        #expect(isTaken)
        #expect(machine.adopted(alien).isEmpty)
        let others = AdoptionFact(proposal: other).fact(recordedAt: self.now)
        #expect(machine.adopted(others).isEmpty)
        #expect(machine.adopted(fact).map(\.id) == [self.id(1)])
        #expect(machine.adopted(fact).map(\.answer) == [answer])
    }

    @Test("a request ends when its time is up, not before")
    func expiry() {
        var machine = LocalAPIStateMachine()
        let isTaken = machine.begin(self.id(1), .answer, now: self.now)
        let end = self.now.adding(milliseconds: APILimits.requestMilliseconds)
        let early = machine.expire(now: end.adding(milliseconds: -1))
        let late = machine.expire(now: end)
        let again = machine.expire(now: end)
        #expect(isTaken && early.isEmpty && late.map(\.id) == [self.id(1)] && again.isEmpty)
    }

    @Test("a status report is complete with its last part, and its digest is the same in any order")
    func report() throws {
        let parts: [(String, Bytes32?)] = [
            ("consensus", SHA256Digest.hash([1])), ("gossip", nil),
            ("log", SHA256Digest.hash([2])),
        ]
        var texts: Set<[UInt8]> = []
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            var machine = LocalAPIStateMachine()
            _ = machine.begin(
                self.id(1),
                .status(StatusReport(parts: 3, absent: ["Sync"])),
                now: self.now
            )
            for (place, number) in order.enumerated() {
                let (name, digest) = parts[number]
                let report = machine.add(name, .emptyObject, digest: digest, to: self.id(1))
                #expect((report != nil) == (place == 2))
                if let report { texts.insert(report.json.canonicalBytes()) }
            }
        }
        #expect(texts.count == 1)
        let report = try JSONDocument(scanning: try #require(texts.first)).root
        #expect(report["absent"]?.elements?.map(\.string) == ["Sync"])
        #expect(report["digests"]?.members?.map(\.key) == ["consensus", "log"])
    }

    @Test("C3-2: whoever sent too much is told when there is room again")
    func retry() {
        let time = Timestamp(milliseconds: 7)
        let refusal = Refusal(.rateLimited, "x", retryAt: time)
        #expect(LocalAPIStateMachine.response(to: refusal).body["retry_at"]?.integer == 7)
        let other = LocalAPIStateMachine.response(to: Refusal(.rateLimited, "x"))
        #expect(other.body["retry_at"] == nil)
    }

    @Test("C2-18: what nobody knows is unknown in the same way, whatever one wants of it")
    func unknown() {
        let pairs: [(Refusal.Code, APIResponse)] = [
            (.unknownProposal, LocalAPIStateMachine.unknownProposal),
            (.unknownRequest, LocalAPIStateMachine.unknownRequest),
        ]
        for (code, shown) in pairs {
            let told = LocalAPIStateMachine.response(to: Refusal(code, "x"))
            #expect(told.status == shown.status)
            #expect(told.body["code"] == shown.body["code"])
        }
        #expect(LocalAPIStateMachine.response(to: Refusal(.unknownComment, "x")).status == 404)
    }

    @Test("C2-13: a vote that ends within two minutes ends in seconds")
    func spans() {
        let spans: [(Int64, String)] = [
            (1, "in 1 s"), (45_000, "in 45 s"), (119_000, "in 119 s"), (120_000, "in 2 min"),
            (7_140_000, "in 119 min"), (7_200_000, "in 2 h"), (-5, "in 0 s"),
        ]
        for (milliseconds, text) in spans {
            let end = self.now.adding(milliseconds: milliseconds)
            #expect(ProposalView.span(until: end, from: self.now) == text)
        }
    }

    @Test("refusals have the status that tells whose fault they are")
    func statusCodes() {
        func status(_ code: Refusal.Code) -> Int {
            LocalAPIStateMachine.response(to: Refusal(code, "x")).status
        }
        #expect(status(.malformed) == 400 && status(.schema) == 400)
        #expect(status(.busy) == 503 && status(.notSynced) == 503)
        #expect(status(.tooLarge) == 413 && status(.rateLimited) == 429)
        let others: [Refusal.Code] = [
            .malformed, .schema, .tooLarge, .rateLimited, .busy, .notSynced, .unknownProposal,
            .unknownRequest, .unknownComment,
        ]
        for code in Refusal.Code.allCases where !others.contains(code) {
            #expect(status(code) == 422, "\(code)")
        }
    }
}
