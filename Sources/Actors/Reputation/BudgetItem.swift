import Messages
import Primitives

extension SenderBudget {
    /// A message as far as its cost is concerned.
    struct Item: Sendable {
        let kind: BudgetClass
        let id: MessageID
        let origin: Origin
        let key: NodeID
        let identity: NodeID
        let signedAt: Timestamp
        let bytes: Int
        /// The sender proved its delay to this node.
        let isProven: Bool
        /// The sender may not vote yet.
        let isNewcomer: Bool

        /// Whose budget counts.
        var sender: NodeID { self.kind.isByKey ? self.key : self.identity }

        /// The peer that served it, in a page or on a stream.
        var server: NodeID? {
            switch self.origin {
            case .local, .gossip: nil
            case .exchange, .answer, .sync: self.origin.peer
            }
        }

        /// The pool that it takes from; nil when it takes from none.
        ///
        /// A node that begins to sync holds nobody's proof, so a page has no strangers. For what is
        /// old the peer that served it answers, however well its sender is known.
        func pool(isPast: Bool) -> BudgetPool? {
            switch self.origin {
            case .local: nil
            case .gossip where !self.isProven: .strangers(self.kind)
            case .gossip: self.isNewcomer ? .newcomers(self.kind) : nil
            case .exchange, .answer, .sync: isPast || self.isNewcomer ? .pages : nil
            }
        }
    }
}

extension SenderBudget.Item {
    /// A message of one of the types that cost something; nil for others.
    init?(_ admitted: AdmittedMessage, _ ledger: Ledger, _ witnesses: Witnesses) {
        let message = admitted.message
        guard let kind = BudgetClass(message.type) else { return nil }
        let identity = ledger.identity(of: admitted.sender.identity)
        self.init(
            kind: kind,
            id: message.id,
            origin: admitted.origin,
            key: message.from,
            identity: identity,
            signedAt: message.timestamp,
            bytes: message.canonical.count,
            isProven: witnesses.proven.contains(identity),
            isNewcomer: !Capability.vote.isPermitted(at: admitted.reputation)
        )
    }
}
