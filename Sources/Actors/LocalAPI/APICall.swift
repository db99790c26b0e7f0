public import Messages
public import Primitives

/// Everything that the local API can do.
public enum APICall: Sendable, Equatable {
    /// State of the node and digest over all subsystem states.
    case status
    /// Whether the node serves, while its process holds so much memory; nobody is asked, and nothing is computed.
    case readiness(MemoryUse)
    /// Like ``status`` without the digests, which take longer the more the node holds.
    case briefStatus
    /// The keys of an identity; nil asks about this node's own.
    case identity(NodeID?)
    /// The phase of the network's governance.
    case network
    /// The peer table.
    case peers
    /// Requests, newest first.
    case requests(limit: Int, after: MessagePlace? = nil)
    /// One request with its comments and the proposals that answer it.
    case request(MessageID)
    /// Proposals, newest first.
    case proposals(limit: Int, after: MessagePlace? = nil)
    /// One proposal with tally, votes, adoptions and comments.
    case proposal(MessageID)
    /// Why one proposal stands where it stands.
    case reasons(MessageID)
    /// What became of one message.
    case explain(MessageID)
    /// The artefact of a proposal in whatever state, as bytes.
    case artefact(MessageID)
    /// Scores of all known identities.
    case reputations
    /// One score with every entry that made it.
    case reputation(NodeID)
    /// Broadcast a message with this payload.
    case publish(MessageType, JSONValue)
    /// Vote; the node adds its own sync status (R-05-105).
    case vote(MessageID, stance: Vote.Stance, reason: String?)
    /// Fetch, verify and write the artefact of a ratified proposal, then say so to the network.
    case adopt(MessageID)
    /// Keep an upload and offer it with SHARE.
    case share(ShareContent)
    /// Keep an upload and ask others for copies with REPLICATE_REQUEST.
    case replicate(ReplicateContent)
    /// End this node's part in the contract on an artefact.
    case leave(ContentHash, LeaveContract.Way)
    /// What this node has to do with the storage market.
    case storage
    /// Change what this node gives to the storage market.
    case offerStorage(StorageOffer)
    /// Get an artefact by its hash into the blob directory.
    case fetch(ContentHash)
    /// Artefacts that this node has heard of, those with most hosts first.
    case find(text: String, tags: [String], limit: Int, after: ContentPlace? = nil)
    /// How far the artefacts are that come from peers.
    case downloads
    /// Check the copy of an artefact on this node, and tell what flags make of it.
    case verify(ContentHash)
    /// What would come of a call that signs a message (ADR 0059).
    indirect case dryRun(APICall)
    /// What waits for this node's people.
    case inbox(Inbox)
    /// Events: one page of them, and those to come for who follows.
    case events(EventPage, follows: Bool)
    /// An operation that a plugged-in subsystem adds, by its name, with its arguments (ADR 0047).
    case plugged(String, JSONValue = .emptyObject)

    /// Whether its outcome depends on a log that writes.
    var needsStorage: Bool {
        switch self {
        case .publish, .vote, .adopt, .share, .replicate, .leave, .offerStorage: true
        case .dryRun(let act): act.needsStorage
        case .status, .readiness, .briefStatus, .identity, .network, .peers, .requests, .request,
            .proposals,
            .proposal, .reasons, .explain, .artefact, .reputations, .reputation, .fetch, .find,
            .downloads, .storage, .verify, .inbox, .events, .plugged:
            false
        }
    }
}
