import Cryptography
import Primitives

@testable import Messages

/// An envelope whose members can be wrong, which `EnvelopeCodec.sign` would never make.
struct RawEnvelope {
    let typeName: String
    /// The payload as JSON text, canonical or not, well-formed or not.
    var payload: [UInt8]
    let timestamp: Timestamp
    let from: NodeID
    var version: Int64 = 0

    /// As long as a signature, and none.
    static let noSignature = String(repeating: "0", count: 128)

    var signingBody: [UInt8] {
        var limits = JSONLimits.message
        limits.bytesMax *= 2
        let document = try? JSONDocument(scanning: self.payload, limits: limits)
        // What is no strict JSON has no canonical form; it is refused before anybody asks.
        let canonical = document?.canonicalBytes() ?? self.payload
        return SigningBody.bytes(
            from: self.from,
            payload: canonical[...],
            timestamp: self.timestamp,
            typeName: self.typeName
        )
    }

    var id: MessageID { MessageID(SHA256Digest.hash(self.signingBody)) }

    func bytes(signedBy key: SigningKey) -> [UInt8] {
        self.bytes(signature: key.sign(self.signingBody).hex)
    }

    func bytes(signature: String, id: MessageID? = nil) -> [UInt8] {
        let head = "{\"from\":\"\(self.from)\",\"id\":\"\(id ?? self.id)\",\"payload\":"
        let tail =
            ",\"signature\":\"\(signature)\",\"timestamp\":\(self.timestamp.milliseconds)"
            + ",\"type\":\"\(self.typeName)\",\"version\":\(self.version)}"
        return Array(head.utf8) + self.payload + Array(tail.utf8)
    }
}

/// A signed envelope that can be made longer.
struct SampleEnvelope {
    var raw: RawEnvelope
    let key: SigningKey

    var id: MessageID { self.raw.id }

    var bytes: [UInt8] { self.raw.bytes(signedBy: self.key) }

    /// Adds a member that no schema names until the document has so many bytes.
    mutating func pad(to count: Int) {
        let isEmpty = self.raw.payload == Array("{}".utf8)
        let member = Array((isEmpty ? "" : ",").utf8) + Array("\"x_padding\":\"\"".utf8)
        let missing = count - self.bytes.count - member.count
        guard missing >= 0 else { return }
        let filling = [UInt8](repeating: 0x78, count: missing)
        self.raw.payload =
            self.raw.payload.dropLast() + member.dropLast() + filling + Array("\"}".utf8)
    }
}

/// Well-formed messages of each type, made from the golden ones of the vectors.
enum GoldenMessages {
    /// A sender for messages that no golden one exists of.
    static let stranger = SigningKey.generate()

    /// The golden payload of a type, stamped and signed anew; an empty one for unknown types.
    static func envelope(of typeName: String, at time: Timestamp) throws -> SampleEnvelope {
        guard MessageType(rawValue: typeName) != nil else {
            return self.sample(typeName, Array("{}".utf8), time, self.stranger)
        }
        for directory in [VectorFiles.directory, VectorFiles.committed] {
            for file in try VectorFiles.all(in: directory).compactMap({ try VectorFile($0) })
            where file.suite == "envelopes" {
                let inputs = file.cases.compactMap { $0["input"] }
                if let input = inputs.first(where: { $0["type"]?.string == typeName }) {
                    let fields = try Fields(input, path: "golden message")
                    let payload = try fields.raw("payload").bytes
                    return self.sample(typeName, payload, time, try fields.signingKey("seed"))
                }
            }
        }
        throw VectorFailure("the vectors have no golden \(typeName)")
    }

    private static func sample(
        _ typeName: String,
        _ payload: [UInt8],
        _ time: Timestamp,
        _ key: SigningKey
    ) -> SampleEnvelope {
        let raw = RawEnvelope(
            typeName: typeName,
            payload: payload,
            timestamp: time,
            from: NodeID(key.publicKey)
        )
        return SampleEnvelope(raw: raw, key: key)
    }

    /// The bytes of a good message and its sender.
    static func sample(of type: MessageType, at time: Timestamp) throws
        -> (bytes: [UInt8], sender: NodeID)
    {
        let envelope = try self.envelope(of: type.rawValue, at: time)
        return (envelope.bytes, NodeID(envelope.key.publicKey))
    }
}
