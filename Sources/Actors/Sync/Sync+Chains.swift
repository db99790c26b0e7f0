import Kernel
import Messages
import Primitives

// Identity chains: answering peers that ask for one, and looking up the keys of new peers.
extension Sync {
    static func wireChains(_ wiring: borrowing Wiring<Sync>) {
        wiring.hears(IdentityChain.self, about: Lookup.self) { sync, answer, outbox in
            sync.lookedUp(answer.context, answer.reply, &outbox)
        }
    }

    /// Whether any identity message names the key of a peer.
    func lookUp(_ peer: NodeID, _ outbox: inout Outbox) {
        outbox.ask(self.chain, IdentityChain(key: peer, limit: 1), context: .meeting(peer))
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
        guard !types.isEmpty || request.types.isEmpty else {
            return self.perform(.emptyPage(exchange, request), about: nil, &outbox)
        }
        let query = IdentityChain(
            key: key,
            types: types,
            since: request.sinceTimestamp,
            sinceID: request.sinceID,
            limit: request.limit
        )
        outbox.ask(self.chain, query, context: .serving(exchange, request))
    }

    /// Identity told which messages make up a chain.
    private func lookedUp(
        _ lookup: Lookup,
        _ chain: IdentityChain.Reply?,
        _ outbox: inout Outbox
    ) {
        switch lookup {
        case .meeting(let peer):
            if chain?.entries.isEmpty == true { self.machine.isUnknown(peer) }
        case .serving(let exchange, let request):
            guard let chain, !chain.entries.isEmpty else {
                return self.perform(.emptyPage(exchange, request), about: nil, &outbox)
            }
            let query = MessagesByID(ids: chain.entries.map(\.id))
            let reading = Reading(exchange: exchange, chain: chain)
            outbox.ask(self.messagesByID, query, context: reading)
        }
    }
}
