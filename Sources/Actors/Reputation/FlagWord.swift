import Identities
import Messages
import Primitives

/// What one flag says, and who signed it when; of two of one identity on one artefact the later stands.
struct FlagWord: Sendable, Equatable, Codable {
    let severity: Flag.Severity
    let at: Timestamp
    let id: MessageID
    /// The key that signed it.
    let signer: NodeID
    /// The hash database that lists the artefact, as the flag says and this node sees.
    let database: String?
}

extension FlagWord: Comparable {
    static func < (left: FlagWord, right: FlagWord) -> Bool {
        (left.at, left.id) < (right.at, right.id)
    }
}

extension FlagWord: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("severity", self.severity)
        writer.field("at", self.at)
        writer.field("id", self.id)
        writer.field("signer", self.signer)
        writer.field("database", self.database)
    }
}
