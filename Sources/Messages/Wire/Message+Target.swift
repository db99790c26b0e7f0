public import Primitives

extension Message {
    /// The proposal, or for a comment perhaps the request, that a message talks about.
    public var target: MessageID? {
        switch self.payload {
        case .vote(let vote): vote.proposalID
        case .adopt(let adoption): adoption.proposalID
        case .withdraw(let withdrawal): withdrawal.proposalID
        case .comment(let comment): comment.targetID
        default: nil
        }
    }
}
