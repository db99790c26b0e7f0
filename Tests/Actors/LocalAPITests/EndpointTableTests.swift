import Doors
import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("The table of operations")
struct EndpointTableTests {
    private static let all = Endpoints.all()

    @Test("names and places are there once")
    func unique() {
        let operations = Self.all.map(\.operation)
        #expect(Set(operations.map(\.name)).count == operations.count)
        #expect(Set(operations.map { "\($0.method) \($0.path)" }).count == operations.count)
        #expect(operations.allSatisfy { !$0.summary.isEmpty && $0.path.hasPrefix("/v1/") })
    }

    @Test("records have names of their own, and members have words")
    func records() {
        var seen: [String: RecordSchema] = [:]
        let schemas = Self.all.compactMap { endpoint -> Schema? in
            if case .json(let schema) = endpoint.operation.answer { schema } else { nil }
        }
        for record in schemas.flatMap(\.records) {
            #expect(seen[record.name] ?? record == record, "\(record.name)")
            seen[record.name] = record
            #expect(!record.about.isEmpty && record.properties.allSatisfy { !$0.about.isEmpty })
            #expect(Set(record.properties.map(\.name)).count == record.properties.count)
        }
        #expect(seen.count > 20)
    }

    @Test("arguments that stand in a path are those that the path names")
    func paths() {
        for operation in Self.all.map(\.operation) {
            let named = operation.segments.filter { $0.hasPrefix("{") }
                .map { String($0.dropFirst().dropLast()) }
            #expect(named == operation.properties(at: .path).map(\.name), "\(operation.name)")
        }
    }

    @Test("who may only read cannot have the node fetch bytes from peers")
    func scopes() {
        let reads = Self.all.map(\.operation).filter { $0.kind == .read && $0.scope != .read }
        #expect(reads.map(\.name) == ["proposal_artifact", "fetch_content", "content_bytes"])
        let acts = Self.all.map(\.operation).filter { $0.kind != .read }
        #expect(acts.allSatisfy { $0.scope == .act || $0.scope == .admin })
    }

    @Test("every example is a call, and is carried and read back the same")
    func examples() throws {
        let upload = UploadedContent(number: 1, hash: ContentHash(.zero), size: 3)
        for endpoint in Self.all {
            let operation = endpoint.operation
            let carried = operation.carry(operation.example)
            let target = try #require(RequestTarget(carried.target))
            let members =
                operation.kind == .upload ? upload.members(contentType: "a/b") : []
            let arguments = try operation.arguments(
                path: try #require(operation.match(target.segments)),
                query: target.query,
                body: carried.body,
                upload: members
            )
            let given = (operation.example.members ?? []) + members
            #expect(
                arguments.canonicalBytes() == JSONValue.object(given).canonicalBytes(),
                "\(operation.name)"
            )
            #expect(throws: Never.self, "\(operation.name)") {
                try endpoint.call(with: arguments)
            }
        }
    }

    @Test("the members of long messages are those of the wire, all of them")
    func wireNames() throws {
        let id = MessageID(SHA256Digest.hash([1]))
        let hash = ContentHash(SHA256Digest.hash([2]))
        let (node, time) = (NodeID(SHA256Digest.hash([3])), Timestamp(milliseconds: 1))
        let resolution = Propose.Resolution(
            kind: .parameter,
            contentHash: hash,
            subject: node,
            successor: node,
            messageID: id,
            name: "n",
            value: 1
        )
        let proposal = Propose(
            title: "t",
            body: "b",
            tags: ["t"],
            description: "d",
            contentHash: hash,
            contentType: "x/y",
            contentSize: 1,
            contentURL: "u",
            contentInline: [1],
            requestID: id,
            originShareID: id,
            supersedes: id,
            claims: [.init(statement: "s", isVerifiable: true, evidence: "e")],
            eol: time,
            votingDeadline: time,
            resolution: resolution
        )
        let bytes = proposal.json.canonicalBytes()
        let payload = try JSONDocument(scanning: bytes).root.value
        // The text of an artefact becomes its bytes.
        let proposed = Payloads.proposal.filter { $0.name != "content_text" }
        Self.compare(payload, with: .object(proposed))
        let comment = Comment(
            targetID: id,
            body: "b",
            parentCommentID: id,
            verification: Comment.Verification(claimIndex: 0, isTrue: true, evidence: "e")
        )
        let members = (comment.json.members ?? []).filter { $0.key != "target_id" }
        Self.compare(.object(members), with: .object(Payloads.comment))
    }

    /// Expects that a full value has all members of a schema and no others, at every depth.
    private static func compare(_ value: JSONValue, with schema: Schema) {
        switch schema {
        case .object(let properties):
            #expect(Set((value.members ?? []).map(\.key)) == Set(properties.map(\.name)))
            for property in properties {
                Self.compare(value[property.name] ?? .null, with: property.schema)
            }
        case .list(let element, _):
            for value in value.elements ?? [] { Self.compare(value, with: element) }
        case .nullable(let schema): Self.compare(value, with: schema)
        default: #expect(schema.flaw(of: value) == nil)
        }
    }

    @Test(
        "lists are as long as the wire or this node takes them, and no longer",
        arguments: [
            ("new_request", "tags", 20), ("propose", "tags", WireLimits.proposalTagsMax),
            ("propose", "claims", WireLimits.claimsMax),
            ("share_content", "tags", WireLimits.contentTagsMax),
            ("replicate_content", "tags", WireLimits.contentTagsMax),
            ("offer_storage", "content_types", 64),
        ]
    )
    func lists(operation: String, name: String, max: Int) throws {
        let operation = try #require(Self.all.first { $0.operation.name == operation }).operation
        let argument = try #require(operation.arguments.first { $0.property.name == name })
        let element: JSONValue =
            name == "claims"
            ? .object([("statement", .string("s")), ("verifiable", .bool(true))]) : .string("t")
        let list = { JSONValue.array(Array(repeating: element, count: $0)) }
        #expect(argument.property.schema.flaw(of: list(max)) == nil)
        #expect(argument.property.schema.flaw(of: list(max + 1)) != nil)
    }

    @Test("a proposal's text and its claims are what the wire takes")
    func proposals() throws {
        let propose = try #require(Self.all.first { $0.operation.name == "propose" })
        let call = try propose.call(with: propose.operation.example)
        guard case .publish(.propose, let payload) = call else {
            Issue.record("it is no proposal")
            return
        }
        let now = Timestamp(milliseconds: 1_899_999_000_000)
        let bytes = ProposalForm.completed(payload, now: now).canonicalBytes()
        let reader = try PayloadReader(JSONDocument(scanning: bytes).root)
        #expect(throws: Never.self) { try Propose(reading: reader, timestamp: now) }
    }
}

@Suite("Pages of lists")
struct PageTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)

    @Test("a list says where it goes on, and nothing at its end")
    func pages() throws {
        let view = try ProposalView.example(.open)
        var steps = APISteps()
        let asked = steps.put(.proposals(limit: 1))
        #expect(asked.questions == ["2 proposals, any"])
        let first = steps.hear(.proposals([view, view]), from: .consensus).answer
        #expect(first?.body["proposals"]?.elements?.count == 1)
        let cursor = try #require(first?.body["next_cursor"]?.string)
        #expect(MessagePlace(cursor: cursor) == MessagePlace(view.message))
        _ = steps.put(.proposals(limit: 1, after: MessagePlace(view.message)))
        let last = steps.hear(.proposals([view]), from: .consensus).answer
        #expect(last?.body["next_cursor"] == .null)
        let body = try #require(last?.body)
        #expect(ProposalList.schema.flaw(of: body) == nil)
    }

    @Test("cursors are taken back as they were given, and nothing else is one")
    func cursors() {
        let place = MessagePlace(timestamp: Self.now, id: MessageID(SHA256Digest.hash([1])))
        #expect(MessagePlace(cursor: place.cursor) == place)
        let content = ContentPlace(
            hosts: 3,
            sharedAt: Self.now,
            hash: ContentHash(SHA256Digest.hash([1]))
        )
        #expect(ContentPlace(cursor: content.cursor) == content)
        for text in ["", ".", "1.2", place.cursor + ".", content.cursor] {
            #expect(MessagePlace(cursor: text) == nil, "\(text)")
        }
        for text in [place.cursor, "1", "a.b.c"] { #expect(ContentPlace(cursor: text) == nil) }
        #expect(Schema.text(.cursor(numbers: 1)).flaw(of: .string(place.cursor)) == nil)
        #expect(Schema.text(.cursor(numbers: 2)).flaw(of: .string(content.cursor)) == nil)
    }
}
