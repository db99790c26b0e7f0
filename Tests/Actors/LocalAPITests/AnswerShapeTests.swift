import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("The shape of answers")
struct AnswerShapeTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)

    private static func keys(_ value: JSONValue?) -> [String] {
        (value?.members ?? []).map(\.key)
    }

    @Test("an error is a problem document: its title are the words of its code")
    func problem() {
        let answer = APIResponse(status: 409, code: "not_yet_ratified", detail: "d")
        #expect(answer.status == 409 && answer.artefact == nil)
        #expect(answer.body["type"]?.string == "about:blank")
        #expect(answer.body["title"]?.string == "not yet ratified")
        #expect(answer.body["status"]?.integer == 409)
        #expect(answer.body["retry_at"] == nil && answer.body["detail"]?.string == "d")
    }

    @Test("an artefact is answered with its hash, an object with itself")
    func success() throws {
        let hash = ContentHash(SHA256Digest.hash([1]))
        let artefact = APIResponse(APIArtefact(hash: hash, source: .bytes([1])))
        #expect(artefact.status == 200 && artefact.body["sha256"]?.string == hash.hex)
        #expect(APIResponse(.emptyObject).body == .emptyObject)
    }

    @Test("a proposal is shown from its list's outline to all that is known, in one shape")
    func proposal() throws {
        let view = try ProposalView.example(.open, due: 3_600_000)
        let (summary, detail) = (
            view.summary(now: Self.now), view.detail(now: Self.now, warning: "late")
        )
        let outline = Self.keys(summary)
        #expect(Set(outline).isSubset(of: Self.keys(detail)))
        for hidden in ["body", "votes", "comments", "claims", "outlook", "content_inline"] {
            #expect(summary[hidden] == nil && detail[hidden] != nil, "\(hidden)")
        }
        #expect(detail["id"]?.string == view.message.id.hex)
        #expect(detail["state"]?.string == "open" && detail["overdue"]?.bool == false)
        #expect(detail["warnings"] == .array([.string("late")]))
        #expect(view.detail(now: Self.now, warning: nil)["warnings"] == .array([]))
        #expect(detail["resolution"] == .null && detail["eol"] == .null)
        let due = Self.now.adding(milliseconds: 3_600_000).milliseconds
        #expect(detail["decision_due"]?.integer == due)
        #expect(
            Self.keys(detail["tally"]).sorted() == [
                "abstain", "endorse", "quorum", "reject", "threshold", "voters",
            ]
        )
        #expect(detail["outlook"]?["ratio"] == .null, "nobody endorsed or rejected it")
        #expect(detail["outlook"]?["voters_needed"]?.integer == 3)
    }

    @Test("a proposal whose decision is due and not made is overdue")
    func overdue() throws {
        let view = try ProposalView.example(.open, due: 1_000)
        func isOverdue(at milliseconds: Int64) -> Bool? {
            view.summary(now: Self.now.adding(milliseconds: milliseconds))["overdue"]?.bool
        }
        #expect(isOverdue(at: 0) == false && isOverdue(at: 60_000) == true)
    }

    @Test("only an artefact that is what the proposal names is one")
    func artefact() throws {
        let proposal = try ProposalView.example(.open).proposal
        let artefact = LocalAPIStateMachine.artefact(in: proposal)
        let bytes = proposal.contentInline
        #expect((artefact == nil) == (bytes == nil))
        if let artefact, let bytes {
            #expect(artefact.hash == proposal.contentHash && artefact.source == .bytes(bytes))
        }
    }

    @Test(
        "long spans are told in hours and days, rounded up",
        arguments: [
            (7_200_001, "in 3 h"), (72 * 3_600_000 - 3_600_000, "in 71 h"),
            (72 * 3_600_000, "in 3 days"), (72 * 3_600_000 + 1, "in 4 days"),
            (90 * 86_400_000, "in 90 days"), (-1, "in 0 s"),
        ] as [(Int64, String)]
    )
    func spans(milliseconds: Int64, text: String) {
        let end = Self.now.adding(milliseconds: milliseconds)
        #expect(ProposalView.span(until: end, from: Self.now) == text)
    }

    @Test("no more than 1,024 requests are under way, and an ended one makes room")
    func busy() {
        var machine = LocalAPIStateMachine()
        for number in 0..<1_024 {
            let isTaken = machine.begin(RequestID(rawValue: UInt64(number)), .answer, now: Self.now)
            #expect(isTaken)
        }
        let surplus = machine.begin(RequestID(rawValue: 9_999), .answer, now: Self.now)
        #expect(!surplus && machine.hasRequests)
        machine.end(RequestID(rawValue: 5))
        let next = machine.begin(RequestID(rawValue: 9_999), .answer, now: Self.now)
        #expect(next)
        let answered = machine.expire(now: Self.now.adding(milliseconds: 120_000))
        #expect(answered.count == 1_024 && !machine.hasRequests)
        #expect(answered.allSatisfy { $0.answer.body["code"]?.string == "timeout" })
    }

    @Test("a part for a request that is answered, or that wants no report, changes nothing")
    func lateParts() {
        var machine = LocalAPIStateMachine()
        let id = RequestID(rawValue: 1)
        let unknown = machine.add("sync", .emptyObject, to: id)
        _ = machine.begin(id, .answer, now: Self.now)
        let other = machine.add("sync", .emptyObject, to: id)
        #expect(unknown == nil && other == nil && machine.waiting(id) == .answer)
    }

    @Test("reports are equal when they say the same, in whatever order it came")
    func reports() {
        func report(_ names: [String], absent: [String] = []) -> StatusReport {
            var report = StatusReport(parts: 2, absent: absent, known: [("node", .emptyObject)])
            for name in names { report.add(name, .string(name), digest: SHA256Digest.hash([1])) }
            return report
        }
        #expect(report(["a", "b"]) == report(["b", "a"]))
        #expect(report(["a", "b"]) != report(["a", "c"]))
        #expect(report(["a"]) != report(["a"], absent: ["Sync"]))
        #expect(report(["a", "b"]).open == 0)
        #expect(report([]).json["node"] == .emptyObject)
    }
}
