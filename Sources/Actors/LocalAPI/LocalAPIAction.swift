import Doors
import Kernel
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum LocalAPIAction: Sendable {
    /// Answer a request, which happens once.
    case answer(RequestID, APIResponse)
    /// Ask another subsystem on behalf of a request; the reply, or that there is none, comes back with
    /// it.
    case ask(APIQuestion, RequestID)
    /// Have Identity sign and send a message.
    case publish(PublishMessage)
    /// Write a fact to the log.
    case record(LocalFact)
    /// Look for late requests after so long.
    case wake(afterMilliseconds: Int64)
}

/// What the local API asks other subsystems.
enum APIQuestion: Sendable {
    case keys(IdentityKeys)
    case phase
    case peers
    case requests(Requests)
    case proposals(Proposals)
    case messages(MessagesByID)
    case refused(RefusedMessage)
    case scores
    case history(ScoreHistory)
    case share(ShareContent)
    case fetch(FetchContent)
    case find(FindContent)
    case downloads
    case replicate(ReplicateContent)
    case leave(LeaveContract)
    case offer(OfferStorage)
    case dealings
    case verify(VerifyContent)
    /// What this node would sign.
    case draft(MessageDraft)
    case draftCheck(DraftCheck)
    case draftRating(DraftRating)
    case consensusVerdict(ConsensusVerdict)
    case storageVerdict(StorageVerdict)
    case identityVerdict(IdentityVerdict)
    case inbox(Inbox)
    case events(EventPage)
    /// A part of a status report, with digests unless it is brief.
    case status(StatusQuestion, isBrief: Bool = false)
    /// The question of a plugged-in subsystem.
    case plugged(PluggedQuestion)

    /// Who is asked.
    var answerer: SubsystemName {
        switch self {
        case .peers: .peers
        case .keys, .draft, .identityVerdict: .identity
        case .draftCheck, .refused: .verification
        case .scores, .history, .draftRating: .reputation
        case .phase, .requests, .proposals, .consensusVerdict: .consensus
        case .messages: .persistence
        case .share, .fetch, .find, .downloads, .replicate, .leave, .offer, .dealings, .verify,
            .storageVerdict:
            .storageMarket
        case .inbox, .events: .events
        case .status(let part, _): part.answerer
        case .plugged(let question): question.answerer
        }
    }
}

/// The parts of a status report by their names, in the order in which they are asked for.
enum StatusQuestion: String, Sendable, CaseIterable {
    case gossip
    case peers
    case verification
    case identity
    case reputation
    case consensus
    case storage
    case sync
    case log
    case plugins

    /// Who tells it.
    var answerer: SubsystemName {
        switch self {
        case .gossip: .gossip
        case .peers: .peers
        case .verification: .verification
        case .identity: .identity
        case .reputation: .reputation
        case .consensus: .consensus
        case .storage: .storageMarket
        case .sync: .sync
        case .log: .persistence
        case .plugins: .pluginHost
        }
    }
}

/// What another subsystem told.
enum APIReply: Sendable {
    /// It is shown as it is.
    case whole(JSONValue)
    /// What a child process answers, shown as it is, or why it does not.
    case plugin(Result<JSONValue, PluginFailure>)
    case keys(IdentityKeys.Reply)
    case peers(PeerTable.Reply)
    case reputation(ReputationStatus.Reply)
    case requests([RequestView])
    case proposals([ProposalView])
    case messages(MessagesByID.Reply)
    case refused(RefusedMessage.Reply)
    case history(ScoreHistory.Reply)
    case found([FoundContent])
    /// An upload is on disk, or could not be kept.
    case kept(Result<ShareContent.Kept, ContentFailure>)
    /// An artefact is verified and on disk, or could not be had.
    case fetched(Result<FetchContent.Stored, ContentFailure>)
    /// An upload is on disk and copies of it may be asked for, or not.
    case replicable(Result<ReplicateRequest, ContentFailure>)
    /// Which message ends this node's part in a contract, or why none would.
    case leaving(Result<LeaveContract.Deed, ContentFailure>)
    /// What this node has to do with the storage market.
    case dealings(StorageDealings.Reply)
    /// What the copy of an artefact is like.
    case verified(VerifyContent.Reply)
    /// A part of a status report.
    case status(StatusPart)
    /// What this node would sign.
    case drafted(MessageDraft.Reply)
    /// Why a draft would be refused before its signature is looked at; nil when it would not.
    case checked(Refusal?)
    /// Whether a draft would be let through, and what it costs.
    case rated(DraftRating.Reply)
    /// What the judge of its type would make of a draft.
    case judged(DraftVerdict)
}

/// A question of a plugged-in subsystem that the local API serves.
struct PluggedPlace: Sendable {
    /// The name of the operation.
    let name: String
    /// What the subsystem is asked with arguments, if they are well formed.
    let question: @Sendable (JSONValue) throws(ArgumentFlaw) -> PluggedQuestion
}

/// A question of a plugged-in subsystem, ready to be put on behalf of a request.
struct PluggedQuestion: Sendable {
    /// Who answers it.
    let answerer: SubsystemName
    let put: @Sendable (RequestID, inout Outbox) -> Void
}
