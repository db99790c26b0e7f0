import Cryptography
import Messages
import Primitives
import Testing

@Suite("§2 Envelopes")
struct EnvelopeTests {
    @Test("every type: what is signed is read back the same", arguments: Wire.types)
    func roundTrip(type: MessageType) throws {
        let signed = try Wire.sign(type, Wire.payload(type))
        let read = try EnvelopeCodec.decode(signed.canonical)
        #expect(read.id == signed.id)
        #expect(read.type == type)
        #expect(read.from == Wire.node && read.timestamp == Wire.now && read.version == 0)
        #expect(read.canonical == signed.canonical)
        #expect(read.hasValidSignature)
        #expect(read.payloadJSON == Wire.payload(type).canonicalBytes())
        #expect(read.id == MessageID(SHA256Digest.hash(read.signingBody)))
        if case .unknown = read.payload { Issue.record("\(type) is read as unknown") }
    }

    @Test("R-02-013: the id and the signing body follow from from, payload, timestamp and type")
    func signingBody() throws {
        let key = try SigningKey(seed: [UInt8](repeating: 0, count: 31) + [1])
        let message = try EnvelopeCodec.sign(
            .request,
            payload: .object([
                ("title", .string("t")), ("body", .string("b")),
                ("tags", .array([.string("a")])), ("expires", .null),
            ]),
            timestamp: Timestamp(milliseconds: 1_700_000_000_000),
            key: key
        )
        // ENV-07 of the protocol's vectors.
        #expect(
            message.id.hex == "5a668e5417decbb88d2696ad2bbca0193eba6e2a357bdbe72f07327d231e0fad"
        )
        #expect(message.signature.hex.hasPrefix("72ae70acc04cd5fb8c8d1df5ca940191"))
        #expect(
            String(decoding: message.signingBody, as: UTF8.self)
                == "{\"from\":\"\(message.from)\",\"payload\":{\"body\":\"b\",\"expires\":null,"
                + "\"tags\":[\"a\"],\"title\":\"t\"},\"timestamp\":1700000000000,"
                + "\"type\":\"REQUEST\"}"
        )
    }

    @Test("D-84: members that no schema names are kept, hashed and signed", arguments: Wire.types)
    func unknownMembers(type: MessageType) throws {
        let plain = try Wire.sign(type, Wire.payload(type))
        let payload = Wire.changed(
            Wire.payload(type),
            [("zz_later", .object([("é", .null)])), ("aa_earlier", .array([.integer(-1)]))]
        )
        let extended = try Wire.sign(type, payload)
        let read = try EnvelopeCodec.decode(extended.canonical)
        #expect(read.id != plain.id)
        #expect(read.payloadJSON == payload.canonicalBytes())
        #expect(read.hasValidSignature)
    }

    @Test("the form of the received bytes does not matter; members beside the seven are left out")
    func otherForms() throws {
        let signed = try Wire.sign(.propose, Wire.proposal())
        let document = try JSONDocument(scanning: signed.canonical)
        let members = Array((document.root.value.members ?? []).reversed())
        let shuffled = JSONValue.object(members + [JSONMember(key: "hop", value: .integer(1))])
        let read = try EnvelopeCodec.decode(Array(shuffled.prettyText.utf8))
        #expect(read.id == signed.id)
        #expect(read.canonical == signed.canonical)
        #expect(read.payloadJSON == signed.payloadJSON)
    }

    @Test("a change of any signed member is noticed by the id, one of the signature by the check")
    func tampering() throws {
        let signed = try Wire.sign(.vote, Wire.payload(.vote))
        let envelope = try JSONDocument(scanning: signed.canonical).root.value
        let changes: [(String, JSONValue)] = [
            ("timestamp", .integer(Wire.now.milliseconds + 1)), ("type", .string("WITHDRAW")),
            ("from", .string(Wire.hash("other"))), ("id", .string(Wire.hash("other"))),
            ("payload", Wire.payload(.adopt)),
        ]
        for change in changes {
            #expect(Self.refusal(of: Wire.changed(envelope, [change])) == .wrongID, "\(change)")
        }
        let forged = Wire.changed(
            envelope,
            [("signature", .string(Wire.key.sign([9]).hex))]
        )
        #expect(try !EnvelopeCodec.decode(forged.canonicalBytes()).hasValidSignature)
    }

    @Test("D-87: only accepted versions are read, and the version is not signed")
    func versions() throws {
        let signed = try Wire.sign(.vote, Wire.payload(.vote))
        let envelope = try JSONDocument(scanning: signed.canonical).root.value
        let newer = Wire.changed(envelope, [("version", .integer(1))])
        #expect(Self.refusal(of: newer) == .unknownVersion)
        let read = try EnvelopeCodec.decode(newer.canonicalBytes(), acceptedVersions: [0, 1])
        #expect(read.id == signed.id && read.version == 1)
    }

    @Test(
        "D-04: an envelope without one of the seven members, or with one of another form, ends",
        arguments: ["version", "type", "id", "from", "timestamp", "payload", "signature"]
    )
    func members(key: String) throws {
        let signed = try Wire.sign(.vote, Wire.payload(.vote))
        let envelope = try JSONDocument(scanning: signed.canonical).root.value
        #expect(Self.refusal(of: Wire.without(envelope, key)) == .malformed)
        for wrong: JSONValue in [.null, .bool(true), .array([]), .string("x"), .integer(-1)] {
            let refusal = Self.refusal(of: Wire.changed(envelope, [(key, wrong)]))
            // "x" is a type, and no member of the body that was hashed.
            let expected: Refusal.Code =
                key == "type" && wrong == .string("x") ? .wrongID : .malformed
            #expect(refusal == expected, "\(key) \(wrong)")
        }
        let upper = (envelope[key]?.string ?? "").uppercased()
        if ["id", "from", "signature"].contains(key) {
            #expect(Self.refusal(of: Wire.changed(envelope, [(key, .string(upper))])) == .malformed)
        }
    }

    @Test(
        "R-02-016: a timestamp is a whole number of milliseconds since 1970",
        arguments: [
            "1.5", "1767225600000.0", "1e12", "\"1767225600000\"", "-1", "9007199254740993",
        ]
    )
    func timestamps(wrong: String) throws {
        let signed = try Wire.sign(.vote, Wire.payload(.vote))
        let text = String(decoding: signed.canonical, as: UTF8.self)
        #expect(text.contains("\"timestamp\":1767225600000"))
        let changed = text.replacing("\"timestamp\":1767225600000", with: "\"timestamp\":\(wrong)")
        let refusal = #expect(throws: Refusal.self) {
            try EnvelopeCodec.decode(Array(changed.utf8))
        }
        #expect(refusal?.code == .malformed)
    }

    @Test("R-14-002: an unknown type is read, not processed; its name is bounded")
    func unknownTypes() throws {
        let message = try EnvelopeCodec.sign(
            typeName: "LATER",
            payload: .object([("x", .integer(1))]),
            timestamp: Wire.now,
            key: Wire.key
        )
        #expect(message.type == nil && message.typeName == "LATER")
        guard case .unknown = message.payload else {
            Issue.record("processed")
            return
        }
        #expect(throws: Refusal.self) {
            try EnvelopeCodec.sign(
                typeName: String(repeating: "X", count: 65),
                payload: .emptyObject,
                timestamp: Wire.now,
                key: Wire.key
            )
        }
    }

    @Test(
        "R-02-029: AUTH types travel in no envelope",
        arguments: ["AUTH_CHALLENGE", "AUTH_RESPONSE"]
    )
    func auth(name: String) {
        let refusal = #expect(throws: Refusal.self) {
            try EnvelopeCodec.sign(
                typeName: name,
                payload: .emptyObject,
                timestamp: Wire.now,
                key: Wire.key
            )
        }
        #expect(refusal?.code == .wrongTopic)
    }

    private static func refusal(of envelope: JSONValue) -> Refusal.Code? {
        do {
            _ = try EnvelopeCodec.decode(envelope.canonicalBytes())
            return nil
        } catch {
            return error.code
        }
    }
}
