import Messages
import Primitives

// Requests about artefacts: they are got, kept, offered and adopted.
extension OpenRequests {
    /// What comes next for a request.
    enum Step: Sendable {
        case ask(APIQuestion)
        /// This node says something to everybody.
        case say(MessageType, JSONValue)
        case answer(APIResponse)
        /// A proposal could not be adopted: others learn it, and the caller is told why.
        case failed(adopting: MessageID, APIResponse)
    }

    /// Voters read the artefact before it is ratified: it is taken from the proposal itself, or else
    /// fetched from nodes that hold it.
    mutating func show(artefactOf view: ProposalView?, _ id: RequestID) -> Step {
        guard let view else { return .answer(.unknownProposal) }
        if let artefact = APIArtefact(carriedBy: view.proposal) {
            return .answer(APIResponse(artefact))
        }
        let hash = view.proposal.contentHash
        self.advance(id, to: .artefactContent(hash))
        return .ask(.fetch(FetchContent(hash, offeredBy: view)))
    }

    /// The proposal is known: get its artefact, unless something stands in the way; an adoption whose
    /// message is in the log already is finished, or told again.
    mutating func adopt(
        _ proposal: MessageID,
        _ view: ProposalView?,
        again message: MessageID? = nil,
        _ id: RequestID,
        now: Timestamp
    ) -> Step {
        guard let view else { return .answer(.unknownProposal) }
        let hash = view.proposal.contentHash
        if let message, view.isAdopted {
            self.advance(id, to: .adoptedBefore(proposal, hash, message))
        } else if let obstacle = view.obstacle(now: now) {
            return .answer(obstacle)
        } else if self.dryRun(id) != nil {
            return .say(.adopt, Adopt(proposalID: proposal, success: true).json)
        } else {
            self.advance(id, to: .adoptionContent(proposal, hash))
        }
        return .ask(.fetch(FetchContent(hash, offeredBy: view, adopt: true)))
    }

    /// An upload is on disk, or could not be kept; it is shared when others are told.
    ///
    /// - Returns: what comes next; nil when nobody waits any more.
    mutating func kept(_ outcome: Result<ShareContent.Kept, ContentFailure>, _ id: RequestID)
        -> Step?
    {
        switch outcome {
        case .success(let kept):
            guard self[id] != nil else { return nil }
            self.advance(id, to: .shareMessage(kept.hash))
            return .say(.share, kept.offer.json)
        case .failure(let failure): return .answer(APIResponse(failure))
        }
    }

    /// An upload is on disk, or could not be kept; now others are asked for copies.
    ///
    /// - Parameters:
    ///   - outcome: what became of it.
    ///   - id: the request.
    ///   - knowsScore: whether somebody can tell the own score.
    /// - Returns: what comes next; nil when nobody waits any more.
    mutating func replicable(
        _ outcome: Result<ReplicateRequest, ContentFailure>,
        _ id: RequestID,
        knowsScore: Bool
    ) -> Step? {
        switch outcome {
        case .success(let request):
            guard self[id] != nil else { return nil }
            self.advance(id, to: .replication(request))
            return knowsScore ? .ask(.status(.reputation)) : self.heard(ownScore: nil, id)
        case .failure(let failure): return .answer(APIResponse(failure))
        }
    }

    /// The own score is known, or not to be had: its owner is warned where others may not go along
    /// (D-51), and gets what was asked for.
    mutating func heard(ownScore score: FixedPoint?, _ id: RequestID) -> Step {
        self.warn(score.flatMap(Capability.warning(ofReplicatingAt:)), id)
        guard case .replication(let request) = self[id] else { return .ask(.dealings) }
        self.advance(id, to: .shareMessage(request.content.contentHash))
        return .say(.replicateRequest, request.json)
    }

    /// The market knows which message ends this node's part in a contract, or why none would.
    ///
    /// - Returns: what comes next; nil when nobody waits any more.
    mutating func leave(_ outcome: Result<LeaveContract.Deed, ContentFailure>, _ id: RequestID)
        -> Step?
    {
        guard self[id] != nil else { return nil }
        switch outcome {
        case .success(let deed):
            self.advance(id, to: .message)
            return .say(deed.type, deed.json)
        case .failure(let failure): return .answer(.noPart(failure))
        }
    }

    /// An artefact is verified and on disk, or could not be had.
    mutating func fetched(
        _ outcome: Result<FetchContent.Stored, ContentFailure>,
        _ id: RequestID
    ) -> Step {
        switch (outcome, self[id]) {
        case (.failure(let failure), .adoptionContent(let proposal, _)):
            return .failed(adopting: proposal, APIResponse(failure))
        case (.failure(let failure), _): return .answer(APIResponse(failure))
        case (.success(let stored), .adoptionContent(let proposal, let hash)):
            self.advance(id, to: .adoptionMessage(proposal, hash, path: stored.path))
            return .say(.adopt, Adopt(proposalID: proposal, success: true).json)
        case (.success(let stored), .adoptedBefore(let proposal, let hash, let message)):
            let path = stored.path
            let adopted = Adopted(message: message, proposal: proposal, path: path, hash: hash)
            return .answer(APIResponse(adopted))
        case (.success(let stored), .artefactContent(let hash)):
            let artefact = APIArtefact(hash: hash, source: .file(path: stored.path))
            return .answer(APIResponse(artefact))
        case (.success(let stored), _): return .answer(APIResponse(stored))
        }
    }
}

extension FetchContent {
    /// Gets an artefact, from the proposal itself if that carries it.
    init(_ hash: ContentHash, offeredBy view: ProposalView?, adopt: Bool = false) {
        self.init(
            hash: hash,
            size: view.flatMap { Int(exactly: $0.proposal.contentSize) },
            inline: view?.proposal.contentInline,
            likelyProviders: view.map { [$0.message.from] } ?? [],
            adopt: adopt
        )
    }
}
