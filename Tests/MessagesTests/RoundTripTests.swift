import Messages
import Primitives
import Testing

/// What a type writes it reads, and what it reads it writes: one type is the whole schema.
@Suite("Payloads, there and back")
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
        guard Wire.types.contains(type), number < 5 else { return }
        let message = try Wire.sign(type, payload.json, at: Examples.signed)
        #expect(message.payloadJSON == bytes)
        #expect(EnvelopeCodec.fits(payload))
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
}
