import Kernel
import Messages
import Primitives

// Identity chains: answering peers that ask for one, and looking up the keys of new peers.
extension Sync {
    static func wireChains(_ wiring: borrowing Wiring<Sync>) {
        wiring.receives(IdentityChain.Reply.self) { sync, envelope, outbox in
            sync.lookedUp(envelope.cause, envelope.body, &outbox)
        }
    }

    /// Whether any identity message names the key of a peer.
    func lookUp(_ peer: NodeID, _ outbox: inout Outbox) {
        guard self.chain.isConnected else { return }
        let question = outbox.ask(self.chain, IdentityChain(key: peer, limit: 1))
        self.lookups[question] = .meeting(peer)
    }

    /// Looks the messages up that a peer asks for by a key (R-01-031).
    func readChain(
        _ exchange: InboundExchange,
        _ request: SyncRequest,
        _ key: NodeID,
        _ outbox: inout Outbox
    ) {
        let types = request.types.compactMap { MessageType(rawValue: $0) }.filter(\.isIdentityType)
        // Names of other types ask for nothing; no names ask for all identity types.
        guard self.chain.isConnected, !types.isEmpty || request.types.isEmpty else {
            return self.perform(.emptyPage(exchange, request), about: nil, &outbox)
        }
        let query = IdentityChain(
            key: key,
            types: types,
            since: request.sinceTimestamp,
            sinceID: request.sinceID,
            limit: request.limit
        )
        self.lookups[outbox.ask(self.chain, query)] = .serving(exchange, request)
    }

    /// Identity told which messages make up a chain.
    private func lookedUp(
        _ cause: EnvelopeID?,
        _ chain: IdentityChain.Reply,
        _ outbox: inout Outbox
    ) {
        switch cause.flatMap({ self.lookups.removeValue(forKey: $0) }) {
        case .meeting(let peer):
            if chain.entries.isEmpty { self.machine.isUnknown(peer) }
        case .serving(let exchange, let request):
            guard !chain.entries.isEmpty, self.messagesByID.isConnected else {
                return self.perform(.emptyPage(exchange, request), about: nil, &outbox)
            }
            let query = MessagesByID(ids: chain.entries.map(\.id))
            self.reading[outbox.ask(self.messagesByID, query)] = Reading(
                exchange: exchange,
                chain: chain
            )
        case nil: break
        }
    }
}
