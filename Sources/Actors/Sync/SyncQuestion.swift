import Messages
import Primitives

/// What the state machine asks other subsystems, with what it needs to go on when the reply is there.
enum SyncQuestion: Sendable, Equatable {
    /// A page of the log for a peer.
    case page(MessagesAfter, Reading)
    /// Messages of the log for a peer.
    case messages(MessagesByID, Reading)
    /// Which identity messages there are of a key.
    case chain(IdentityChain, ChainPurpose)
    /// The root of the proposals, which every answer carries.
    case proposalRoot(ReadPage)
}

/// A page that is being read for a peer.
struct Reading: Sendable, Equatable {
    let exchange: InboundExchange
    /// What is asked of the log, when it is the identity messages of one key.
    var chain: IdentityChain.Reply?
    /// Where the logs differ, when the peer wants them compared.
    var differences: [SyncDifference]?
}

/// A page that was read and waits for the root of the proposals.
struct ReadPage: Sendable, Equatable {
    let reading: Reading
    let messages: MessagesAfter.Reply
}

/// Why an identity chain is looked up.
enum ChainPurpose: Sendable, Equatable {
    /// A peer asks for it (R-01-031).
    case serving(InboundExchange, SyncRequest)
    /// A peer connected whose key may be unknown (R-01-032).
    case meeting(NodeID)
}
