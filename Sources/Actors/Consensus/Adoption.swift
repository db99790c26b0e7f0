import Primitives

/// The fact that this node adopted a proposal; the local API writes it.
enum Adoption {
    static let factKind = "adoption"

    /// The proposal that a fact names; nil when its body is not one of ours.
    static func proposal(in body: [UInt8]) -> MessageID? {
        guard let root = try? JSONDocument(scanning: body).root else { return nil }
        return root["proposal_id"]?.string.flatMap { MessageID(hex: $0) }
    }
}
