import Doors
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

    @Test("found artefacts and downloads are shown with all that is known, else null")
    func content() throws {
        let hash = ContentHash(SHA256Digest.hash([1]))
        let found = FoundContent(
            hash: hash,
            contentType: "a/b",
            size: 9,
            filename: nil,
            description: "d",
            tags: ["t"],
            hosts: 2,
            isHeld: true,
            isReplicated: false,
            isProposed: true,
            lastSharedAt: Self.now,
            standing: .withheld
        )
        let content = ContentList(found: [found], next: nil).shown["content"]?.elements?.first
        let shown = try #require(content)
        #expect(shown["content_hash"]?.string == hash.hex && shown["content_size"]?.integer == 9)
        #expect(shown["filename"] == .null && shown["description"]?.string == "d")
        #expect(shown["tags"] == .array([.string("t")]) && shown["hosts"]?.integer == 2)
        #expect(shown["held"]?.bool == true && shown["proposed"]?.bool == true)
        #expect(shown["replicated"]?.bool == false && shown["content_type"]?.string == "a/b")
        #expect(shown["last_shared_at"]?.integer == Self.now.milliseconds)
        #expect(shown["standing"]?.string == "withheld")
        let row = DownloadProgress.Row(hash: hash, received: 3, size: nil, hosts: 1)
        let list = DownloadProgress.Reply(rows: [row]).shown["downloads"]?.elements?.first
        let download = try #require(list)
        #expect(download["content_hash"]?.string == hash.hex && download["size"] == .null)
        #expect(download["received"]?.integer == 3 && download["hosts"]?.integer == 1)
    }

    @Test("a proposal is shown from its list's outline to all that is known, in one shape")
    func proposal() throws {
        let view = try ProposalView.example(.open, due: 3_600_000)
        let (summary, detail) = (
            view.summary(now: Self.now).shown,
            view.detail(now: Self.now, warning: "late").shown
        )
        let outline = Self.keys(summary)
        #expect(Set(outline).isSubset(of: Self.keys(detail)))
        for hidden in ["body", "votes", "comments", "claims", "outlook", "content_inline"] {
            #expect(summary[hidden] == nil && detail[hidden] != nil, "\(hidden)")
        }
        #expect(detail["id"]?.string == view.message.id.hex)
        #expect(detail["state"]?.string == "open" && detail["overdue"]?.bool == false)
        #expect(detail["warnings"] == .array([.string("late")]))
        #expect(view.detail(now: Self.now, warning: nil).shown["warnings"] == .array([]))
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
            view.summary(now: Self.now.adding(milliseconds: milliseconds)).shown["overdue"]?.bool
        }
        #expect(isOverdue(at: 0) == false && isOverdue(at: 60_000) == true)
    }

    @Test("only an artefact that is what the proposal names is one")
    func artefact() throws {
        let proposal = try ProposalView.example(.open).proposal
        let artefact = APIArtefact(carriedBy: proposal)
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
        var requests = OpenRequests()
        for number in 0..<1_024 {
            let id = RequestID(rawValue: UInt64(number))
            let isTaken = requests.begin(id, .answer, now: Self.now)
            #expect(isTaken)
        }
        let surplus = requests.begin(RequestID(rawValue: 9_999), .answer, now: Self.now)
        let isEnded = requests.end(RequestID(rawValue: 5))
        #expect(!surplus && isEnded && !requests.isEmpty)
        let next = requests.begin(RequestID(rawValue: 9_999), .answer, now: Self.now)
        #expect(next)
        let answered = requests.expire(
            now: Self.now.adding(milliseconds: 120_000),
            logStoppedBecause: nil
        )
        #expect(answered.count == 1_024 && requests.isEmpty)
        #expect(answered.allSatisfy { $0.answer.body["code"]?.string == "timeout" })
    }

    @Test("a part for a request that is answered, or that wants no report, changes nothing")
    func lateParts() {
        var requests = OpenRequests()
        let id = RequestID(rawValue: 1)
        let unknown = requests.report(id) { $0.add("sync", .emptyObject) }
        _ = requests.begin(id, .answer, now: Self.now)
        let other = requests.report(id) { $0.add("sync", .emptyObject) }
        #expect(unknown == nil && other == nil && requests[id] == .answer)
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
        #expect(report([]).shown["node"] == .emptyObject)
    }
}
