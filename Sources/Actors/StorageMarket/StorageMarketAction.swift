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
    /// Add a piece to an artefact that is being fetched.
    case append([UInt8], task: UInt64)
    /// Check and keep what was fetched.
    case finish(ContentHash, size: Int, adopt: Bool, task: UInt64)
    /// Drop what was fetched.
    case discard(task: UInt64)
    /// Place an artefact on disk in the adopted folder.
    case adopt(ContentHash, task: UInt64)
    /// Ask a peer for a piece.
    case request(OutboundExchange, ContentRequest)
    /// Answer a peer.
    case answer(InboundExchange, any WirePayload)
    /// A message holds.
    case accept(AdmittedMessage)
    /// A message ends here.
    case refuse(AdmittedMessage, Refusal)
    /// Tell who shared: it is kept, or was not.
    case shared(Result<ShareContent.Kept, ContentFailure>, ReplyAddress<ShareContent>)
    /// Tell who fetched: it is there, or cannot be had.
    case fetched(Result<FetchContent.Stored, ContentFailure>, ReplyAddress<FetchContent>)
}
