import Messages
import Primitives

/// What became of one message: whom to ask for it, one after another, and what is told in the end.
///
/// Nothing is judged here. The log tells whether the message was taken, Consensus what it counts, and
/// Verification, which hears of every refusal, why it was not taken (ADR 0061).
struct Inquiry: Sendable {
    /// What comes next.
    enum Step: Sendable {
        case ask(APIQuestion, Inquiry)
        case answer(APIResponse)
    }

    private enum Stage: Sendable {
        case log
        case refusals
        /// The proposal that the message is, or is about.
        case proposal(Message)
        /// The request that the message is, or is about.
        case request(Message)
    }

    private let id: MessageID
    private let stage: Stage

    private init(_ id: MessageID, _ stage: Stage) {
        self.id = id
        self.stage = stage
    }

    /// Begins.
    static func begin(_ id: MessageID) -> Step {
        .ask(.messages(MessagesByID(ids: [id])), Inquiry(id, .log))
    }

    /// The log told what it has.
    func heard(_ reply: MessagesByID.Reply) -> Step {
        guard let bytes = reply.messages.first, let message = try? EnvelopeCodec.decode(bytes)
        else {
            return .ask(.refused(RefusedMessage(id: self.id)), Inquiry(self.id, .refusals))
        }
        return self.look(at: message)
    }

    /// Verification told what it remembers.
    func heard(_ reply: RefusedMessage.Reply) -> Step {
        guard let refused = reply.refused else {
            return .answer(.unknownMessage(reply.memory))
        }
        return .answer(APIResponse(MessageExplanation(self.id, refused)))
    }

    /// Consensus told of the proposal.
    func heard(_ views: [ProposalView], now: Timestamp) -> Step {
        guard case .proposal(let message) = self.stage else { return .answer(.unknownProposal) }
        if let view = views.first {
            return .answer(APIResponse(MessageExplanation(message, on: view, now: now)))
        }
        // A comment may be about a request.
        guard case .comment(let comment) = message.payload else {
            return .answer(APIResponse(MessageExplanation(waiting: message)))
        }
        return .ask(
            .requests(Requests(id: comment.targetID, limit: 1)),
            Inquiry(self.id, .request(message))
        )
    }

    /// Consensus told of the request.
    func heard(_ views: [RequestView]) -> Step {
        guard case .request(let message) = self.stage else { return .answer(.unknownRequest) }
        let explanation =
            views.first.map { MessageExplanation(message, on: $0) }
            ?? MessageExplanation(waiting: message)
        return .answer(APIResponse(explanation))
    }

    private func look(at message: Message) -> Step {
        switch message.payload {
        case .propose: self.askForProposal(message.id, message)
        case .vote(let vote): self.askForProposal(vote.proposalID, message)
        case .withdraw(let withdrawal): self.askForProposal(withdrawal.proposalID, message)
        case .adopt(let adoption): self.askForProposal(adoption.proposalID, message)
        case .comment(let comment): self.askForProposal(comment.targetID, message)
        case .request:
            .ask(
                .requests(Requests(id: message.id, limit: 1)),
                Inquiry(self.id, .request(message))
            )
        default: .answer(APIResponse(MessageExplanation(kept: message)))
        }
    }

    private func askForProposal(_ proposal: MessageID, _ message: Message) -> Step {
        .ask(
            .proposals(Proposals(id: proposal, limit: 1)),
            Inquiry(self.id, .proposal(message))
        )
    }
}

extension Inquiry: Equatable {
    /// One is asked at a time, so that the message says which inquiry it is.
    static func == (left: Inquiry, right: Inquiry) -> Bool { left.id == right.id }
}
