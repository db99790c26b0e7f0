import Kernel
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum StorageMarketAction {
    /// Write an artefact, and place it in the adopted folder as well if wanted.
    case store([UInt8], ContentHash, adopt: Bool, task: UInt64)
    /// Keep an artefact that was uploaded.
    case keep(UploadedContent, task: UInt64)
    /// Read an artefact on disk whole, and compare its hash.
    case verify(ContentHash, task: UInt64)
    /// Read a piece of an artefact on disk.
    case read(ContentHash, offset: Int, count: Int, task: UInt64)
    /// Compute what proves that this node holds a window of an artefact.
    case prove(ContentHash, ChallengeWindow, nonce: Bytes32, task: UInt64)
    /// Write a piece of an artefact that is being fetched.
    case write([UInt8], number: Int, of: ContentHash, size: Int, task: UInt64)
    /// Check and keep what was fetched.
    case finish(ContentHash, size: Int, task: UInt64)
    /// Drop the pieces of an artefact.
    case discard(ContentHash)
    /// Hold an artefact no longer.
    case remove(ContentHash, task: UInt64)
    /// Tell the operator that an artefact was dropped because of its age or its bytes.
    case dropped(ContentHash, bytes: Int)
    /// Place an artefact on disk in the adopted folder.
    case adopt(ContentHash, task: UInt64)
    /// Tell which artefacts are held.
    case holds(ContentHeld)
    /// Ask a peer for a piece.
    case request(OutboundExchange, ContentRequest)
    /// Connect to a node that is not connected.
    case reach(NodeID)
    /// Broadcast in this node's name.
    case publish(any WirePayload)
    /// Challenge a peer, or ask it something that needs no bytes.
    case challenge(OutboundExchange, any WirePayload)
    /// Tell peers what is offered.
    case tell(StorageOffered)
    /// Answer a peer.
    case answer(InboundExchange, any WirePayload)
    /// Write a fact to the log.
    case record(LocalFact)
    /// Ask another subsystem; the answer, or that there is none, comes back with its purpose.
    case ask(StorageMarketQuestion)
    /// Wake at this time, or before.
    case wake(at: Timestamp)
    /// A message holds.
    case accept(AdmittedMessage)
    /// A message ends here.
    case refuse(AdmittedMessage, Refusal)
    /// Tell who shared: it is kept, or was not.
    case shared(Result<ShareContent.Kept, ContentFailure>, ReplyAddress<ShareContent>)
    /// Tell who wants copies how others are asked for them, or that nothing was kept.
    case replicated(Result<ReplicateRequest, ContentFailure>, ReplyAddress<ReplicateContent>)
    /// Tell who changed the offer that it is in force.
    case offered(StorageOffer, ReplyAddress<OfferStorage>)
    /// Tell who wants a copy checked: what it is like.
    case verified(VerifyContent.Reply, ReplyAddress<VerifyContent>)
    /// Tell who fetched: it is there, or cannot be had.
    case fetched(Result<FetchContent.Stored, ContentFailure>, ReplyAddress<FetchContent>)
}

/// What the state machine wants to know, each with what it is for.
enum StorageMarketQuestion: Sendable {
    /// Reputation: what identities have, and where they are.
    case scores(Scores, ScoresPurpose)
    /// Peers: what they announced, and where they are.
    case peers(PeersPurpose)
}

/// What scores are asked for.
enum ScoresPurpose: Sendable {
    /// To decide on cycles of rent.
    case rent([RentDue])
    /// To choose providers.
    case providers(ProviderSearch)
}

/// What the table of peers is asked for.
enum PeersPurpose: Sendable {
    /// To choose providers.
    case providers(ProviderSearch)
    /// To reach the provider of a challenge.
    case challenge(UInt64)
}
