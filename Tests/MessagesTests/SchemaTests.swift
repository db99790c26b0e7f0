import Messages
import Primitives
import Testing

@Suite("§2 Schemas (D-84)")
struct SchemaTests {
    private static let optional: [MessageType: Set<String>] = [
        .request: ["expires"], .withdraw: ["reason"],
        .propose: [
            "tags", "content_inline", "request_id", "supersedes", "eol",
        ],
        .peerListRequest: ["after"],
    ]

    private static func refusal(_ type: MessageType, _ payload: JSONValue) -> Refusal? {
        do {
            _ = try Wire.sign(type, payload)
            return nil
        } catch {
            return error
        }
    }

    @Test("D-84: a required member that is missing, null or of another kind ends the message")
    func required() {
        for type in Wire.types {
            let payload = Wire.payload(type)
            for member in payload.members ?? [] {
                let isOptional = Self.optional[type]?.contains(member.key) ?? false
                let missing = Self.refusal(type, Wire.without(payload, member.key))
                let null = Self.refusal(type, Wire.changed(payload, [(member.key, .null)]))
                #expect((missing == nil) == isOptional, "\(type) without \(member.key)")
                #expect((null == nil) == isOptional, "\(type) with \(member.key) null")
                let wrong = Wire.changed(payload, [(member.key, .object([("x", .null)]))])
                let refusal = Self.refusal(type, wrong)
                #expect(refusal?.code == .schema, "\(type) \(member.key)")
                #expect(refusal?.detail.contains(member.key) == true, "\(type) \(member.key)")
            }
        }
    }

    @Test("D-84: null and absence mean the same and hash differently")
    func null() throws {
        let absent = try Wire.sign(.adopt, Wire.payload(.adopt))
        let null = try Wire.sign(.adopt, Wire.changed(Wire.payload(.adopt), [("notes", .null)]))
        #expect(absent.id != null.id)
        for message in [absent, null] {
            guard case .adopt(let adoption) = message.payload else {
                Issue.record("not an ADOPT")
                return
            }
            #expect(adoption.notes == nil)
        }
    }

    @Test("D-84: a VOTE without sync_status, or from a syncing node, does not hold")
    func syncStatus() {
        let vote = Wire.payload(.vote)
        #expect(Self.refusal(.vote, Wire.without(vote, "sync_status"))?.code == .schema)
        for (status, holds) in [
            ("synced", true), ("degraded", true), ("syncing", false), ("", false),
        ] {
            let payload = Wire.changed(vote, [("sync_status", .string(status))])
            #expect((Self.refusal(.vote, payload) == nil) == holds, "\(status)")
        }
        let stance = Wire.changed(vote, [("stance", .string("Endorse"))])
        #expect(Self.refusal(.vote, stance)?.code == .schema)
    }

    @Test(
        "D-57: a standard deadline lies within 90 days, a constitutional one from 90 to 365",
        arguments: [
            ("standard", 0, false), ("standard", 1, true), ("standard", 7_776_000_000, true),
            ("standard", 7_776_000_001, false), ("standard", -1, false),
            ("constitutional", 7_775_999_999, false), ("constitutional", 7_776_000_000, true),
            ("constitutional", 31_536_000_000, true), ("constitutional", 31_536_000_001, false),
        ]
    )
    func deadlines(tier: String, span: Int64, holds: Bool) {
        let deadline = JSONValue.integer(Wire.now.milliseconds + span)
        let payload = Wire.proposal([("tier", .string(tier)), ("voting_deadline", deadline)])
        #expect((Self.refusal(.propose, payload) == nil) == holds)
    }

    @Test("C1-15, D-84: a proposal without claims breaks its schema, one with none does not")
    func claims() {
        let payload = Wire.payload(.propose)
        let refusal = Self.refusal(.propose, Wire.without(payload, "claims"))
        #expect(refusal?.detail == "PROPOSE: claims is missing")
        #expect(Self.refusal(.propose, Wire.changed(payload, [("claims", .array([]))])) == nil)
    }

    @Test("R-07-004, R-16-132: ten tags of 64 small characters; R-07-009: fifty claims of 2 KiB")
    func proposalLimits() {
        func tags(_ count: Int, _ tag: String) -> JSONValue {
            Wire.proposal([("tags", .array(Array(repeating: .string(tag), count: count)))])
        }
        let widest = String(repeating: "é", count: 64)
        #expect(Self.refusal(.propose, tags(10, widest)) == nil)
        #expect(Self.refusal(.propose, tags(11, "a")) != nil)
        #expect(Self.refusal(.propose, tags(1, widest + "é")) != nil)
        #expect(Self.refusal(.propose, tags(1, "Skill")) != nil)
        func claims(_ count: Int, _ bytes: Int) -> JSONValue {
            let claim = JSONValue.object([
                ("statement", .string(String(repeating: "s", count: bytes - 1))),
                ("verifiable", .bool(true)), ("evidence", .string("e")),
            ])
            return Wire.proposal([("claims", .array(Array(repeating: claim, count: count)))])
        }
        #expect(Self.refusal(.propose, claims(50, 2_048)) == nil)
        #expect(Self.refusal(.propose, claims(51, 2)) != nil)
        #expect(Self.refusal(.propose, claims(1, 2_049)) != nil)
        let long = String(repeating: "d", count: 1_025)
        #expect(Self.refusal(.propose, Wire.proposal([("description", .string(long))])) != nil)
        let short = JSONValue.string(String(long.dropLast()))
        #expect(Self.refusal(.propose, Wire.proposal([("description", short)])) == nil)
    }

    @Test("R-07-007: an inline artefact has at most 1 MiB; base64 has one spelling")
    func inline() {
        func inline(_ count: Int) -> JSONValue {
            Wire.proposal([
                ("content_inline", .string(Base64.encode(.init(repeating: 0, count: count))))
            ])
        }
        #expect(Self.refusal(.propose, inline(1_048_576)) == nil)
        #expect(Self.refusal(.propose, inline(1_048_577)) != nil)
        #expect(Self.refusal(.propose, Wire.proposal([("content_inline", .string("Zg"))])) != nil)
    }

    @Test("R-06-014: a piece has 1 byte to 1 MiB; fractions lie within 0 and 1")
    func ranges() {
        for (length, holds) in [(0, false), (1, true), (1_048_576, true), (1_048_577, false)]
            as [(Int64, Bool)]
        {
            let payload = Wire.changed(
                Wire.payload(.contentRequest),
                [("length", .integer(length))]
            )
            #expect((Self.refusal(.contentRequest, payload) == nil) == holds, "\(length)")
        }
        for (amount, holds) in [(-1, false), (0, true), (1_000_000, true), (1_000_001, false)]
            as [(Int64, Bool)]
        {
            let payload = Wire.changed(Wire.payload(.rentPayment), [("amount", .integer(amount))])
            #expect((Self.refusal(.rentPayment, payload) == nil) == holds, "\(amount)")
        }
    }

    @Test("D-90: lists are cut, not refused")
    func cuts() throws {
        let addresses = (0..<40).map { JSONValue.string("/ip4/127.0.0.1/tcp/\($0)") }
        let payload = Wire.changed(
            Wire.payload(.peerAnnounce),
            [
                ("addresses", .array(addresses)),
                ("capabilities", .array(Array(repeating: .string("x"), count: 70))),
            ]
        )
        guard case .peerAnnounce(let announcement) = try Wire.sign(.peerAnnounce, payload).payload
        else {
            Issue.record("not an announcement")
            return
        }
        #expect(announcement.addresses.count == 32)
        #expect(announcement.capabilities.count == 64)
    }

    @Test("D-22: absent members of SYNC_REQUEST have defaults, the limit is clamped")
    func syncRequest() throws {
        for (limit, expected) in [(nil, 1_000), (0, 1), (-5, 1), (7, 7), (9_999, 1_000)]
            as [(Int64?, Int)]
        {
            let payload = JSONValue.object(limit.map { [("limit", .integer($0))] } ?? [])
            guard case .syncRequest(let request) = try Wire.sign(.syncRequest, payload).payload
            else {
                Issue.record("not a SYNC_REQUEST")
                return
            }
            #expect(request.limit == expected)
            #expect(request.sinceTimestamp == Timestamp(milliseconds: 0))
            #expect(request.sinceID == nil && request.types.isEmpty && request.merkleTree == nil)
        }
    }

    @Test("R-05-003: the depth of a question about a tree is clamped, an impossible path refused")
    func treeQuestion() throws {
        for (depth, expected) in [(-3, 0), (0, 0), (12, 12), (65, 64), (9_007_199_254_740_991, 64)]
            as [(Int64, Int64)]
        {
            let payload = JSONValue.object([
                ("depth", .integer(depth)), ("merkle_tree", .string("identity")),
                ("subtree_path", .array([.integer(0), .integer(1)])),
            ])
            guard case .syncRequest(let request) = try Wire.sign(.syncRequest, payload).payload
            else {
                Issue.record("not a SYNC_REQUEST")
                return
            }
            #expect(request.depth == expected && request.merkleTree == .identity)
            #expect(request.subtreePath == [0, 1])
        }
        for path in [[JSONValue.integer(2)], Array(repeating: .integer(0), count: 65)] {
            let payload = JSONValue.object([("subtree_path", .array(path))])
            #expect(throws: (any Error).self) { try Wire.sign(.syncRequest, payload) }
        }
    }

    @Test(
        "R-05-004: a SYNC_RESPONSE may lack the identity root, and of endless nodes the first count"
    )
    func treeAnswer() throws {
        let node = JSONValue.object([
            ("hash", .string(String(repeating: "a", count: 64))),
            ("path", .array([.integer(1)])),
        ])
        let payload = JSONValue.object([
            ("has_more", .bool(false)),
            ("merkle_nodes", .array(Array(repeating: node, count: 5_000))),
            ("messages", .array([])),
        ])
        guard case .syncResponse(let response) = try Wire.sign(.syncResponse, payload).payload
        else {
            Issue.record("not a SYNC_RESPONSE")
            return
        }
        #expect(response.identityCheckpoint == nil)
        #expect(response.merkleNodes.count == 4_096)
        #expect(response.merkleNodes.allSatisfy { $0.path == [1] && $0.messageID == nil })
    }
}
