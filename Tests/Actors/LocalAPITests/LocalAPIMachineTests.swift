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
        let proposal = MessageID(SHA256Digest.hash([2]))
        func code(_ view: ProposalView?) -> String? {
            LocalAPIStateMachine.obstacle(to: view, proposal)?.body["code"]?.string
        }
        #expect(code(nil) == "unknown_proposal")
        #expect(code(try self.view(.ratified)) == nil)
        #expect(code(try self.view(.ratified, isAdopted: true)) == "already_adopted")
        for state in ProposalState.allCases where state != .ratified {
            #expect(code(try self.view(state)) == "not_ratified")
        }
        let open = LocalAPIStateMachine.obstacle(to: try self.view(.open), proposal)
        #expect(open?.body["detail"]?.string?.contains("0 of 3 voting identities") == true)
    }

    @Test("only requests whose outcome depends on a commit are told that the log stopped")
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
        #expect(machine.waitingForStorage == [self.id(0), self.id(5), self.id(6)])
        machine.advance(self.id(4), to: .adoptionMessage(proposal, self.hash, path: "/y"))
        machine.end(self.id(0))
        #expect(machine.waitingForStorage == [self.id(4), self.id(5), self.id(6)])
        #expect(machine.waiting(self.id(0)) == nil)
    }

    @Test("an adoption ends with the fact of that very adoption")
    func adopted() {
        let (mine, other) = (MessageID(SHA256Digest.hash([2])), MessageID(SHA256Digest.hash([3])))
        let answer = APIResponse(.object([("path", .string("/x"))]))
        var machine = LocalAPIStateMachine()
        let isTaken = machine.begin(self.id(1), .adoptionFact(mine, answer), now: self.now)
        let fact = LocalAPIStateMachine.adoption(of: mine, at: self.now)
        let alien = LocalFact(
            owner: .consensus,
            kind: "tally",
            body: fact.body,
            recordedAt: self.now
        )
        #expect(isTaken)
        #expect(machine.adopted(alien).isEmpty)
        #expect(machine.adopted(LocalAPIStateMachine.adoption(of: other, at: self.now)).isEmpty)
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
        #expect(isTaken && early.isEmpty && late == [self.id(1)] && again.isEmpty)
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

    @Test("refusals have the status that tells whose fault they are")
    func statusCodes() {
        func status(_ code: Refusal.Code) -> Int {
            LocalAPIStateMachine.response(to: Refusal(code, "x")).status
        }
        #expect(status(.malformed) == 400 && status(.schema) == 400)
        #expect(status(.busy) == 503)
        for code in Refusal.Code.allCases where ![.malformed, .schema, .busy].contains(code) {
            #expect(status(code) == 422, "\(code)")
        }
    }
}
