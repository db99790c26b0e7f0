import Messages
import Primitives

/// A page that was read and waits for what Consensus knows of it, and for the roots of the trees.
struct ReadPage: Sendable, Equatable {
    let reading: Reading
    private(set) var messages: MessagesAfter.Reply
    /// Root of the proposals, once it is known.
    var checkpoint: Bytes32?
    /// Root of the identity messages, once it is known.
    var identityCheckpoint: Bytes32?
    /// The nodes that were asked for.
    var nodes: [MerkleNode] = []

    /// The proposals that it holds or has messages about.
    func proposals(of query: MessagesAfter) -> [MessageID] {
        let phase = MessageType.propose.syncPhase
        // Pages of other phases are not worth reading.
        guard query.types.isEmpty || query.types.contains(where: { $0.syncPhase == phase }) else {
            return []
        }
        return self.messages.messages.compactMap { Self.proposal(of: $0) }
    }

    /// The same page without what is about these proposals; the peer goes on at the same place.
    func without(_ archived: Set<MessageID>) -> ReadPage {
        guard !archived.isEmpty else { return self }
        let left = self.messages.messages.filter { bytes in
            Self.proposal(of: bytes).map { !archived.contains($0) } ?? true
        }
        var page = self
        page.messages = MessagesAfter.Reply(
            messages: left,
            hasMore: self.messages.hasMore,
            nextTimestamp: self.messages.nextTimestamp,
            nextID: self.messages.nextID
        )
        return page
    }

    /// The proposal that a message is, or is about; nil for others, and for what the log does not read.
    private static func proposal(of bytes: [UInt8]) -> MessageID? {
        guard let message = try? EnvelopeCodec.decode(bytes) else { return nil }
        return message.type == .propose ? message.id : message.target
    }
}
