import Messages

/// How far the answer is to the question what would come of an own message (ADR 0059).
///
/// Instead of being signed the message is drafted, and those who judge real messages are asked about the
/// draft, one after another.
struct DryRun: Sendable {
    /// What follows from an answer.
    enum Step: Sendable {
        /// The next one is asked.
        case ask(APIQuestion)
        /// It is known what would come of the message.
        case told(DryRunReport)
    }

    /// The message that would be signed.
    private(set) var message: Message?
    private(set) var cost: DraftRating.Cost?
    /// What is known of this node as a sender.
    private var sender: SenderStanding?
    /// Why others may not count it although it is let through.
    private var doubt: String?

    /// Identity told what it would sign.
    mutating func drafted(_ reply: MessageDraft.Reply) -> Step {
        switch reply {
        case .drafted(let message, let sender):
            self.message = message
            self.sender = sender
            return .ask(.draftCheck(DraftCheck(message: message)))
        case .refused(let refusal, let message):
            self.message = message
            return self.judged(DraftVerdict(refusal: refusal))
        }
    }

    /// Verification told why it would refuse the draft; nil when it would not.
    func checked(_ refusal: Refusal?) -> Step {
        guard let message, let sender, refusal == nil else {
            return self.judged(DraftVerdict(refusal: refusal))
        }
        return .ask(.draftRating(DraftRating(message: message, sender: sender)))
    }

    /// Reputation told whether it would let the draft through.
    mutating func rated(_ reply: DraftRating.Reply) -> Step {
        self.cost = reply.cost
        self.doubt = reply.doubt
        switch reply.outcome {
        case .failure(let refusal): return self.judged(DraftVerdict(refusal: refusal))
        case .success(let admitted):
            switch admitted.message.type?.judge {
            case .consensus?: return .ask(.consensusVerdict(ConsensusVerdict(admitted: admitted)))
            case .storageMarket?: return .ask(.storageVerdict(StorageVerdict(admitted: admitted)))
            case .identity?: return .ask(.identityVerdict(IdentityVerdict(admitted: admitted)))
            // Nobody acts by messages of other subsystems.
            default: return self.judged(DraftVerdict())
            }
        }
    }

    /// It is known what would become of the draft.
    func judged(_ verdict: DraftVerdict) -> Step {
        .told(
            DryRunReport(
                dryRun: self,
                refusal: verdict.refusal.map { APIResponse($0).body },
                notCountedBecause: verdict.notCountedBecause ?? self.doubt
            )
        )
    }

    /// What the caller is told when the act would end like this: what would be refused is no failure of
    /// the question.
    func answer(to response: APIResponse) -> APIResponse {
        guard response.isRefusal else { return response }
        return APIResponse(DryRunReport(dryRun: self, refusal: response.body))
    }
}

extension APICall {
    /// The act itself, and the beginning of a dry run where only that is asked for.
    var rehearsed: (act: APICall, dryRun: DryRun?) {
        if case .dryRun(let act) = self { (act, DryRun()) } else { (self, nil) }
    }
}

extension APIResponse {
    /// Whether it says that the act is not taken, not that this node could not find out.
    fileprivate var isRefusal: Bool {
        (400..<500).contains(self.status) || self.status == 507
    }
}
