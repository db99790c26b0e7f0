import Cryptography
import Primitives

/// The seven members of an envelope (R-02-013), before anything is recomputed.
struct EnvelopeFields {
    let version: Int64
    let typeName: String
    let id: MessageID
    let from: NodeID
    let timestamp: Timestamp
    let payload: JSONView
    let signature: Signature

    private static let memberCount = 7

    init(_ root: JSONView) throws(Refusal) {
        do {
            let reader = try PayloadReader(root, path: "envelope")
            self.version = try reader.integer("version")
            self.typeName = try reader.text("type", bytesMax: WireLimits.typeNameBytesMax)
            self.id = try reader.id("id")
            self.from = try reader.id("from")
            self.timestamp = try reader.timestamp("timestamp")
            self.payload = try reader.object("payload").view
            self.signature = try reader.signature("signature")
        } catch {
            throw Refusal(.malformed, "\(error.path) \(error.problem)")
        }
    }

    /// The envelope in RFC 8785 form, and where its payload stands in it.
    ///
    /// Members beside the seven are not signed, so anybody could have added them: they are left out.
    func canonicalForm(of document: JSONDocument) -> ([UInt8], Range<Int>) {
        if document.isCanonical, document.root.count == Self.memberCount {
            return (document.bytes, self.payload.byteRange)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(document.bytes.count)
        bytes += "{\"from\":\"\(self.from.hex)\",\"id\":\"\(self.id.hex)\",\"payload\":".utf8
        let start = bytes.count
        self.payload.appendCanonical(to: &bytes)
        let range = start..<bytes.count
        bytes += ",\"signature\":\"\(self.signature.hex)\"".utf8
        bytes += ",\"timestamp\":\(self.timestamp.milliseconds),\"type\":".utf8
        bytes += JSONValue.string(self.typeName).canonicalBytes()
        bytes += ",\"version\":\(self.version)}".utf8
        return (bytes, range)
    }
}
