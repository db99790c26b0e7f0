import Kernel
import Messages
import Primitives
import Testing

/// What a type writes it reads, and what it reads it writes: one type is the whole schema.
@Suite("Payloads and facts, there and back")
struct RoundTripTests {
    private static let cases = 60

    @Test(
        "D-84: a payload comes back as it was written, byte for byte",
        arguments: MessageType.allCases
    )
    func payloads(type: MessageType) throws {
        var examples = Examples(seed: 1)
        for number in 0..<Self.cases {
            try Self.check(examples.payload(type), of: type, number)
        }
    }

    private static func check<P: WirePayload>(_ payload: P, of type: MessageType, _ number: Int)
        throws
    {
        #expect(P.messageType == type)
        let bytes = payload.json.canonicalBytes()
        for text in [bytes, Array(payload.json.prettyText.utf8)] {
            let document = try JSONDocument(scanning: text)
            let read = try P(
                reading: PayloadReader(document.root),
                timestamp: Examples.signed
            )
            #expect(read == payload, "case \(number) of \(type)")
            #expect(read.json.canonicalBytes() == bytes, "case \(number) of \(type)")
        }
        try payload.check(at: Examples.signed)
        // What is signed passes the checks of admission, but for what never has an envelope.
        if Wire.types.contains(type), number < 5 {
            let message = try Wire.sign(type, payload.json, at: Examples.signed)
            #expect(message.payloadJSON == bytes)
            #expect(EnvelopeCodec.fits(payload))
        }
    }

    @Test(
        "§2: every member that the protocol names is read and written again",
        arguments: Wire.types
    )
    func names(type: MessageType) throws {
        var examples = Examples(seed: 1)
        try Self.rewrite(Wire.payload(type), as: examples.payload(type))
    }

    private static func rewrite<P: WirePayload>(_ literal: JSONValue, as _: P) throws {
        let document = try JSONDocument(scanning: literal.canonicalBytes())
        let read = try P(reading: PayloadReader(document.root), timestamp: Wire.now)
        for member in literal.members ?? [] where !member.value.isNull {
            let written = try #require(read.json[member.key], "\(P.messageType) \(member.key)")
            #expect(Self.holds(written, member.value), "\(P.messageType) \(member.key)")
        }
    }

    /// Whether all that a literal has was written; lists and members with defaults may have been added.
    private static func holds(_ written: JSONValue, _ literal: JSONValue) -> Bool {
        switch literal {
        case .object(let members):
            members.allSatisfy { member in
                written[member.key].map { Self.holds($0, member.value) } ?? false
            }
        case .array(let elements):
            elements.count == written.elements?.count
                && zip(written.elements ?? [], elements).allSatisfy { Self.holds($0, $1) }
        default: written == literal
        }
    }

    @Test("D-09: the frames of the handshake come back as they were written")
    func frames() throws {
        var examples = Examples(seed: 2)
        for _ in 0..<Self.cases {
            if let challenge = examples.payload(.authChallenge) as? AuthChallenge {
                #expect(try AuthChallenge(frame: challenge.frameBytes) == challenge)
            }
            if let response = examples.payload(.authResponse) as? AuthResponse {
                #expect(try AuthResponse(frame: response.frameBytes) == response)
            }
        }
    }

    @Test("What breaks a limit is refused where it is written, and does not end the node")
    func limits() throws {
        let zero = ContentHash(Bytes32.zero)
        let long = String(repeating: "d", count: WireLimits.flagDetailsBytesMax + 1)
        let flag = Flag(contentHash: zero, severity: .dispute, category: .spam, details: long)
        let request = ContentRequest(contentHash: zero, offset: 0, length: 0)
        let vote = Vote(proposalID: MessageID(Bytes32.zero), stance: .endorse, syncStatus: .syncing)
        let payloads: [(any WirePayload, String)] = [
            (flag, "FLAG: details"), (request, "CONTENT_REQUEST: length"),
            (vote, "VOTE: sync_status"),
        ]
        for (payload, detail) in payloads {
            let refusal = #expect(throws: Refusal.self) { try payload.check(at: Wire.now) }
            #expect(refusal?.code == .schema && refusal?.detail.hasPrefix(detail) == true)
        }
    }

    // MARK: Facts

    @Test("a fact comes back from the log as it was written", arguments: FactKind.allCases)
    func facts(kind: FactKind) throws {
        var examples = Examples(seed: 3)
        for number in 0..<Self.cases {
            Self.check(examples.fact(kind), of: kind, number)
        }
    }

    private static func check<F: Fact>(_ fact: F, of kind: FactKind, _ number: Int) {
        #expect(fact.kind == kind && F.kinds.contains(kind))
        let logged = fact.fact(recordedAt: Examples.signed)
        #expect(FactKind(logged) == kind && logged.owner == kind.owner)
        #expect(logged.recordedAt == Examples.signed)
        let read = F(logged)
        #expect(read == fact, "case \(number) of \(kind)")
        #expect(read?.json.canonicalBytes() == logged.body, "case \(number) of \(kind)")
        func altered(_ owner: SubsystemName, _ name: String, _ body: [UInt8]) -> F? {
            F(LocalFact(owner: owner, kind: name, body: body, recordedAt: Examples.signed))
        }
        #expect(altered(.sync, logged.kind, logged.body) == nil)
        #expect(altered(logged.owner, "other", logged.body) == nil)
        #expect(altered(logged.owner, logged.kind, []) == nil)
        for other in FactKind.allCases where !F.kinds.contains(other) {
            #expect(altered(other.owner, other.rawValue, logged.body) == nil, "\(other)")
        }
    }

    @Test("logs of before are read: these are the bodies that nodes have written so far")
    func bodies() throws {
        var examples = Examples(seed: 4)
        for kind in FactKind.allCases {
            let body = try #require(FactBodies.written[kind], "\(kind)")
            let bytes = Array(body.utf8)
            #expect(try JSONDocument(scanning: bytes).isCanonical)
            Self.check(bytes, of: kind, like: examples.fact(kind))
        }
    }

    private static func check<F: Fact>(_ body: [UInt8], of kind: FactKind, like _: F) {
        let fact = F(
            LocalFact(
                owner: kind.owner,
                kind: kind.rawValue,
                body: body,
                recordedAt: Examples.signed
            )
        )
        #expect(fact?.kind == kind)
        #expect(fact?.json.canonicalBytes() == body, "\(kind)")
    }

    @Test("a decision of the oldest logs lacks members, and is read all the same")
    func oldDecision() {
        let zeros = String(repeating: "0", count: 64)
        let body = """
            {"active_identities":16,"active_reputation":1,"author":"\(zeros)","mode":"weighted",\
            "proposal_id":"\(zeros)","state":"expired","votes":[]}
            """
        let fact = LocalFact(
            owner: .consensus,
            kind: FactKind.decision.rawValue,
            body: Array(body.utf8),
            recordedAt: Examples.signed
        )
        let decision = DecisionFact(fact)
        #expect(decision?.activeIdentities == 16)
        #expect(decision?.hasQuorum == false && decision?.restsOnPhase == false)
        #expect(decision?.resolution == nil && decision?.adopters == 0)
    }
}

/// The body of one fact of each kind, letter for letter.
private enum FactBodies {
    private static let id = String(repeating: "5a", count: 32)

    static let written: [FactKind: String] = [
        .decision: """
        {"active_identities":3,"active_reputation":1500000,"adopters":2,"author":"\(id)",\
        "effective_at":7,"half_of_heads":false,"mode":"weighted","objection":null,\
        "proposal_id":"\(id)","quorum":true,\
        "resolution":{"kind":"ban","subject":"\(id)"},\
        "rests_on_phase":false,"state":"ratified","votes":[{"at":5,"counted":false,\
        "degraded":true,"identity":"\(id)","not_counted_because":"late","stance":"reject",\
        "vote_id":"\(id)","weight":0}]}
        """,
        .hour: "{\"active_identities\":17,\"hour\":5,\"multiplier\":1000000}",
        .governance: "{\"since\":9}",
        .adoption: "{\"proposal_id\":\"\(id)\"}",
        .reopening: "{\"proposal_id\":\"\(id)\",\"voting_ends\":9,\"winner\":\"\(id)\"}",
        .rentHeld: "{\"amount\":320,\"content_hash\":\"\(id)\",\"cycle\":7,\"payer\":\"\(id)\"}",
        .rentSettled: """
        {"content_hash":"\(id)","cycle":7,"providers":[{"count":3,"identity":"\(id)"}],\
        "required":10,"validators":[]}
        """,
        .rentMissed: "{\"content_hash\":\"\(id)\",\"cycle\":7,\"payer\":\"\(id)\"}",
        .transferFee: "{\"payer\":\"\(id)\",\"transfer_id\":\"\(id)\"}",
        .challengeFailed: "{\"content_hash\":\"\(id)\",\"provider\":\"\(id)\"}",
        .copyAbandoned: "{\"content_hash\":\"\(id)\",\"provider\":\"\(id)\"}",
        .copiesHeld: "{\"proposal_id\":\"\(id)\",\"providers\":[\"\(id)\"]}",
        .storageOffer:
            "{\"allocated_bytes\":7,\"bytes_per_second\":9,\"content_types\":[\"text/*\"]}",
        .keyStartedOver: "{\"computed_at\":3,\"key\":\"\(id)\"}",
        .linksRepeated: "{\"ids\":[\"\(id)\"]}",
        .keyUsedElsewhere: """
        {"id":"\(id)","key":"\(id)","timestamp":4,"type":"VOTE"}
        """,
        .ownHistoryAccepted: "{}",
        .restoredKeyCleared: "{\"instance\":\"\(id)\"}",
        .present: "{}",
        .syncServed: "{\"peer\":\"\(id)\"}",
        .scoresReported: """
        {"scores":[{"node_id":"\(id)","reputation":150000}]}
        """,
        .ballotOpen: """
        {"deadline":3,"proposal_id":"\(id)","title":"t","weight":200000}
        """,
        .ballotClosing: """
        {"deadline":3,"proposal_id":"\(id)","title":"t","weight":200000}
        """,
        .ownScore: "{\"score\":200000}",
        .ownRefused: "{\"code\":\"rule\",\"message_id\":null}",
        .anchors: """
        {"anchors":[{"addresses":["/ip4/8.8.8.8/tcp/1"],"node_id":"\(id)"}]}
        """,
    ]
}
