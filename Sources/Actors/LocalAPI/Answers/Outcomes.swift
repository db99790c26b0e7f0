import Doors
import Messages
import Primitives

// What the caller of an act that succeeds is told.

/// A message is durable.
struct Published: Record {
    let message: MessageID
    /// How many hear it; nil when that is not known.
    let peers: Int?
    let warning: String?

    static let about = "A message of this node that is durable."
    static let fields: [Field<Published>] = [
        Field("id", "The message.") { $0.message },
        .ifAny("peers", "Peers that hear it.") { $0.peers },
        .warnings { $0.warning },
    ]
}

/// A proposal is adopted.
struct Adopted: Record {
    let message: MessageID
    let proposal: MessageID
    let path: String
    let hash: ContentHash

    static let about = "A proposal that this node adopted."
    static let fields: [Field<Adopted>] = [
        Field("id", "The ADOPT message.") { $0.message },
        Field("proposal_id", "The proposal.") { $0.proposal },
        Field("path", "Where its artefact is, on the node's machine.") { $0.path }.inOwnWords,
        Field("sha256", "The artefact's hash, which was checked.") { $0.hash },
    ]
}

/// An upload is offered to others.
struct SharedUpload: Record {
    let message: MessageID
    let hash: ContentHash
    /// How many hear it; nil when that is not known.
    let peers: Int?
    let warning: String?

    static let about = "An artefact that this node offers to others."
    static let fields: [Field<SharedUpload>] = [
        Field("id", "The message that says so.") { $0.message },
        Field("content_hash", "SHA-256 of the artefact.") { $0.hash },
        .ifAny("peers", "Peers that hear it.") { $0.peers },
        .warnings { $0.warning },
    ]
}

extension Field {
    /// What the caller should know beside the rest: at most one warning.
    static func warnings(
        _ about: String = "What to know although it succeeded.",
        _ get: @escaping @Sendable (Owner) -> String?
    ) -> Self {
        Field("warnings", about) { get($0).map { [$0] } ?? [] }.inOwnWords
    }
}

/// An own message that is durable, and what its caller is told of it.
struct DurableMessage: Sendable, Equatable {
    let id: MessageID
    /// The upload that it is about; nil for other messages.
    var content: ContentHash?

    /// What its caller is told.
    func outcome(heardBy peers: Int? = nil, warning: String?) -> APIResponse {
        guard let content else {
            return APIResponse(Published(message: self.id, peers: peers, warning: warning))
        }
        return APIResponse(
            SharedUpload(message: self.id, hash: content, peers: peers, warning: warning)
        )
    }
}
