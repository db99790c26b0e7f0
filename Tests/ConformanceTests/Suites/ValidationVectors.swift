import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Verification

/// Admission as a whole, and the schemas of payloads.
enum ValidationVectors {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("payload") {
            try self.schema(vector)
        } else if vector.input.has("channel") {
            try self.admission(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    // MARK: Schemas

    /// A message of this form comes to a node that trusts its sender.

    private static func schema(_ vector: VectorCase) throws {
        let input = vector.input
        let key = GoldenMessages.stranger
        let envelope = RawEnvelope(
            typeName: try input.text("type"),
            payload: try self.expanded(try input.raw("payload")).bytes,
            timestamp: input.has("timestamp") ? try input.time("timestamp") : Self.now,
            from: NodeID(key.publicKey)
        )
        var line = try NodeLine(now: envelope.timestamp, scores: [(envelope.from, .one)])
        let fate = try line.gossip(envelope.bytes(signedBy: key))
        let isAccepted = try vector.expect.bool("accept")
        guard fate.isAccepted == isAccepted, fate.isRelayed == isAccepted else {
            throw VectorFailure("the node does: \(fate)")
        }
        if let code = fate.code, code != .schema, code != .malformed {
            throw VectorFailure("refused for another cause: \(fate)")
        }
    }

    /// An artefact that the case only gives the length of is put in.
    private static func expanded(_ payload: RawJSON) throws -> RawJSON {
        let key = "content_inline_decoded_length"
        guard let length = payload[key]?.integer else { return payload }
        let artefact = [UInt8](repeating: 0x78, count: Int(length))
        return payload.without(key).with("content_inline", .string(Base64.encode(artefact)))
    }

    // MARK: Admission

    private static func admission(_ vector: VectorCase) throws {
        let input = vector.input
        let now = try input.time("now")
        let time = now.adding(milliseconds: try input.integer("offset_ms"))
        let sample = try GoldenMessages.envelope(of: try input.text("type"), at: time)
        let bytes = try self.message(sample, input)
        let sender = NodeID(sample.key.publicKey)
        let scores = try self.score(input).map { [(sender, $0)] } ?? []
        var line = try NodeLine(now: now, scores: scores)
        if input.has("seen"), try input.bool("seen") {
            let admitted = try EnvelopeCodec.decode(bytes).admitted(at: now)
            let entry = MessageLogged(sequence: 1, admitted: admitted, isReplay: true)
            line.verification.logged(entry)
        }
        try self.spendBudget(input, sample, &line)
        let fate = try self.deliver(bytes, input, &line)
        let expected = [try vector.expect.bool("accept"), try vector.expect.bool("propagate")]
        guard [fate.isAccepted, fate.isRelayed] == expected else {
            throw VectorFailure("the node does: \(fate)")
        }
    }

    private static func score(_ input: Fields) throws -> FixedPoint? {
        input.has("local_reputation") ? try input.fraction("local_reputation") : nil
    }

    private static func message(_ sample: SampleEnvelope, _ input: Fields) throws -> [UInt8] {
        var sample = sample
        if input.has("size") {
            let size = Int(try input.integer("size"))
            sample.pad(to: size)
            try Check.same("size of the sample", sample.bytes.count, size)
        }
        guard input.has("signature") else { return sample.bytes }
        switch try input.text("signature") {
        case "other-key": return sample.raw.bytes(signedBy: SigningKey.generate())
        case let text: return sample.raw.bytes(signature: text)
        }
    }

    private static func spendBudget(
        _ input: Fields,
        _ sample: SampleEnvelope,
        _ line: inout NodeLine
    ) throws {
        guard input.has("unknown_from_sender_this_hour") else { return }
        for number in 0..<(try input.integer("unknown_from_sender_this_hour")) {
            var earlier = sample
            earlier.pad(to: sample.bytes.count + 20 + Int(number))
            _ = try line.gossip(earlier.bytes)
        }
    }

    private static func deliver(_ bytes: [UInt8], _ input: Fields, _ line: inout NodeLine) throws
        -> NodeLine.Fate
    {
        let name = try input.text("channel")
        guard let channel = TimeChannel(rawValue: name) else {
            throw VectorFailure("no channel is called \(name)")
        }
        guard channel == .gossip else { return line.direct(bytes, on: channel) }
        return try line.gossip(bytes, on: input.has("topic") ? try input.text("topic") : nil)
    }
}
