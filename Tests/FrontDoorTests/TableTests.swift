import Almanac
import Doors
import LocalAPI
import Messages
import Primitives
import Testing

@testable import Node
@testable import valence_node

@Suite("What the node says that it serves", .serialized)
struct TableTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("the routes are those of the OpenAPI document, and those of the index")
    func sameRoutes() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let document = try door.send("GET /openapi.json").json()
            let described = (document["paths"]?.members ?? []).flatMap { path in
                (path.value.members ?? []).map { "\($0.key.uppercased()) \(path.key)" }
            }
            let index = try door.send("GET /v1").json()["routes"]?.elements ?? []
            let listed = index.map { "\($0["method"]?.string ?? "") \($0["path"]?.string ?? "")" }
            #expect(Set(described) == Set(listed) && described.count == listed.count)
            for endpoint in Endpoints.all() {
                let operation = endpoint.operation
                #expect(described.contains("\(operation.method) \(operation.path)"))
            }
            for line in described {
                let answer = try door.send(line.replacing("{id}", with: Parsed.hex), body: "{}")
                let code = try? answer.json()["code"]?.string
                #expect(!["no_route", "no_method"].contains(code), "\(line) is no route")
            }
        }
    }

    @Test("every reference of the document leads somewhere, and every code has a status")
    func references() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let text = try door.send("GET /openapi.json").body
            let document = try JSONDocument(scanning: Array(text.utf8)).root.value
            let records = (document["components"]?["schemas"]?.members ?? []).map(\.key)
            let named = text.split(separator: "#/components/schemas/").dropFirst()
                .map { String($0.prefix { $0 != "\"" }) }
            #expect(!named.isEmpty && Set(named).isSubset(of: records))
            #expect(records.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber } })
        }
    }

    @Test("an answer that is not what its schema says is a fault, where answers are checked")
    func wrongAnswers() async throws {
        try await StandIn.with(checksAnswers: true, answering: { _ in Self.fine }) { door in
            let answer = try door.send("GET /v1/network")
            #expect(answer.status == 500)
            #expect(try answer.json()["code"]?.string == "wrong_answer")
            #expect(try answer.json()["detail"]?.string?.contains("`fine` is unknown") == true)
        }
    }

    @Test("a node that has too much to do, or refuses for a while, says when to try again")
    func retryAfter() async throws {
        for status in [429, 503] {
            let busy = APIResponse(status: status, code: "busy", detail: "later")
            try await StandIn.with(answering: { _ in busy }) { door in
                let answer = try door.send("GET /v1/network")
                #expect(answer.field("Retry-After") == "5")
            }
        }
    }

    @Test("an artefact without bytes is none")
    func emptyUpload() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let answer = try door.send("POST /v1/content", body: "")
            #expect(answer.status == 400 && door.calls.isEmpty)
        }
    }
}

@Suite("valence-node call", .serialized)
struct CallCommandTests {
    private static let hex = Parsed.hex

    @Test("any operation is called by its name, with its arguments")
    func calls() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        let told = APIResponse(.object([("told", .bool(true))]))
        try await StandIn.with(answering: { _ in told }) { door in
            for (operation, arguments, call) in [
                ("status", "{}", .status), ("proposals", #"{"limit":5}"#, .proposals(limit: 5)),
                ("proposal", #"{"id":"\#(Self.hex)"}"#, .proposal(id)),
                (
                    "find_content", #"{"query":"a b","tag":["x","y"]}"#,
                    .find(text: "a b", tags: ["x", "y"], limit: 100)
                ),
                (
                    "vote", #"{"id":"\#(Self.hex)","stance":"reject"}"#,
                    .vote(id, stance: .reject, reason: nil)
                ),
            ] as [(String, String, APICall)] {
                let printed = try await door.run(["call", operation, "--arguments", arguments])
                #expect(printed.data == [#"{"told":true}"#], "\(operation)")
                #expect(door.calls == [call])
            }
        }
    }

    @Test(
        "ADR 0059: with --dry-run the node is asked what would come of an act, by call and by verbs"
    )
    func dryRuns() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        let report = JSONValue.object([
            ("dry_run", .bool(true)),
            ("message", .object([("type", .string("VOTE")), ("bytes", .integer(400))])),
            ("accepted", .bool(false)), ("counts", .bool(false)),
            (
                "refusal",
                .object([("code", .string("rule")), ("detail", .string("voting ended"))])
            ),
            ("warnings", .array([])),
        ])
        let vote = APICall.vote(id, stance: .reject, reason: nil)
        try await StandIn.with(answering: { _ in APIResponse(report) }) { door in
            let arguments = #"{"id":"\#(Self.hex)","stance":"reject"}"#
            let called = try await door.run(["call", "vote", "--arguments", arguments, "--dry-run"])
            #expect(door.calls == [.dryRun(vote)])
            #expect(try called.json().canonicalBytes() == report.canonicalBytes())
            let verb = try await door.run(["proposal", "vote", Self.hex, "reject", "--dry-run"])
            #expect(door.calls == [.dryRun(vote)])
            #expect(
                verb.data == [
                    "message   VOTE, 400 bytes", "accepted  no: voting ended (rule)",
                    "counts    no",
                ]
            )
            #expect(verb.talk == ["Nothing was signed, stored or sent."])
            for words in [
                ["request", "new", "--title", "t"], ["proposal", "adopt", Self.hex],
                ["proposal", "withdraw", Self.hex], ["proposal", "comment", Self.hex, "c"],
                ["content", "withdraw", Self.hex], ["id", "revoke", Self.hex],
                ["storage", "transfer", Self.hex, "--to", Self.hex],
            ] {
                _ = try await door.run(words + ["--dry-run"])
                let isDry = door.calls.allSatisfy {
                    if case .dryRun = $0 { true } else { $0 == .identity(nil) }
                }
                #expect(isDry, "\(words)")
            }
            let read = try await door.run(["call", "status", "--dry-run"])
            #expect(read.failure?.detail.contains("`dry_run` is unknown") == true)
        }
    }

    @Test("without a name all operations are listed; an unknown one, or no object, is wrong usage")
    func usage() async throws {
        let told = APIResponse(.object([("told", .bool(true))]))
        try await StandIn.with(answering: { _ in told }) { door in
            let listed = try await door.run(["call"])
            let names = listed.data.map { String($0.prefix { $0 != " " }) }
            #expect(names.contains("propose") && names == names.sorted())
            let unknown = try await door.run(["call", "almanac"])
            #expect(unknown.failure?.code == .usage)
            for arguments in ["", "[]", "{"] {
                let refused = try await door.run(["call", "status", "--arguments", arguments])
                #expect(refused.failure?.code == .usage, "\(arguments)")
            }
            let wrong = try await door.run(["call", "proposals", "--arguments", #"{"limit":0}"#])
            #expect(wrong.failure?.detail == "`limit` must be a whole number from 1 to 1000")
            for operation in ["proposals", "vote"] {
                let arguments = #"{"id":"\#(Self.hex)","limt":5}"#
                let typo = try await door.run(["call", operation, "--arguments", arguments])
                #expect(typo.failure?.detail.contains("is unknown") == true, "\(operation)")
            }
            let file = try await door.run(["call", "status", "--file", "/dev/null"])
            #expect(file.failure?.code == .usage)
            #expect(door.calls.isEmpty)
        }
    }

    @Test("ADR 0052: what is plugged in has a route, a description and a verb from its own folder")
    func pluggedIn() async throws {
        let counts = APIResponse(.object([("counts", .array([]))]))
        try await StandIn.with(
            checksAnswers: true,
            extensions: Almanac.extensions,
            answering: { _ in counts }
        ) { door in
            let arguments = JSONValue.object([("limit", .integer(3))])
            #expect(try door.send("GET /v1/extensions/almanac?limit=3").status == 200)
            #expect(door.calls == [.plugged("almanac", arguments)])
            let printed = try await door.run(["call", "almanac", "--arguments", #"{"limit":3}"#])
            #expect(printed.data == [#"{"counts":[]}"#])
            #expect(door.calls == [.plugged("almanac", arguments)])
            let document = try door.send("GET /openapi.json").json()
            let described = document["paths"]?["/v1/extensions/almanac"]?["get"]
            #expect(described?["operationId"]?.string == "almanac")
            #expect(document["components"]?["schemas"]?["NoteCountsCount"] != nil)
            #expect(document["components"]?["schemas"]?["NoteCounts"]?["properties"] != nil)
        }
    }
}
