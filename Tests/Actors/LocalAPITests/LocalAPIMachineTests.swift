import Cryptography
import Doors
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
        func code(_ view: ProposalView) -> String? {
            view.obstacle(now: self.now)?.body["code"]?.string
        }
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
            let answer = view.obstacle(now: now)
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
        var requests = OpenRequests()
        let proposal = MessageID(SHA256Digest.hash([2]))
        let kinds: [OpenRequests.Waiting] = [
            .message, .answer, .proposal, .adoptionLookup(proposal),
            .adoptionContent(proposal, self.hash),
            .adoptionMessage(proposal, self.hash, path: "/x"),
            .adoptionFact(proposal, APIResponse(.emptyObject)),
        ]
        for (number, kind) in kinds.enumerated() {
            let isTaken = requests.begin(self.id(UInt64(number)), kind, now: self.now)
            #expect(isTaken)
        }
        requests.advance(self.id(4), to: .adoptionMessage(proposal, self.hash, path: "/y"))
        let isEnded = requests.end(self.id(0))
        #expect(isEnded && requests[self.id(0)] == nil)
        let late = requests.expire(
            now: self.now.adding(milliseconds: APILimits.requestMilliseconds),
            logStoppedBecause: "the disk is full"
        )
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
        var requests = OpenRequests()
        let isTaken = requests.begin(self.id(1), .adoptionFact(mine, answer), now: self.now)
        #expect(isTaken)
        #expect(requests.adopted(other).isEmpty)
        #expect(requests.adopted(mine).map(\.id) == [self.id(1)])
        #expect(requests.adopted(mine).map(\.answer) == [answer])
    }

    @Test("a request ends when its time is up, not before")
    func expiry() {
        var requests = OpenRequests()
        let isTaken = requests.begin(self.id(1), .answer, now: self.now)
        let end = self.now.adding(milliseconds: APILimits.requestMilliseconds)
        let early = requests.expire(
            now: end.adding(milliseconds: -1),
            logStoppedBecause: nil
        )
        let late = requests.expire(now: end, logStoppedBecause: nil)
        let again = requests.expire(now: end, logStoppedBecause: nil)
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
            var requests = OpenRequests()
            _ = requests.begin(
                self.id(1),
                .status(StatusReport(parts: 3, absent: ["Sync"])),
                now: self.now
            )
            for (place, number) in order.enumerated() {
                let (name, digest) = parts[number]
                let report = requests.report(self.id(1)) {
                    $0.add(name, .emptyObject, digest: digest)
                }
                #expect((report != nil) == (place == 2))
                if let report { texts.insert(report.shown.canonicalBytes()) }
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
        #expect(APIResponse(refusal).body["retry_at"]?.integer == 7)
        let other = APIResponse(Refusal(.rateLimited, "x"))
        #expect(other.body["retry_at"] == nil)
    }

    @Test("C2-18: what nobody knows is unknown in the same way, whatever one wants of it")
    func unknown() {
        let pairs: [(Refusal.Code, APIResponse)] = [
            (.unknownProposal, .unknownProposal), (.unknownRequest, .unknownRequest),
        ]
        for (code, shown) in pairs {
            let told = APIResponse(Refusal(code, "x"))
            #expect(told.status == shown.status)
            #expect(told.body["code"] == shown.body["code"])
        }
        #expect(APIResponse(Refusal(.unknownComment, "x")).status == 404)
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
            APIResponse(Refusal(code, "x")).status
        }
        // The form was checked before: what is refused as `schema` depends on the time, or on the length.
        #expect(status(.malformed) == 400 && status(.schema) == 422)
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
