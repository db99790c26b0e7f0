import Cryptography
import Messages
import Primitives
import Testing

@testable import Peers

/// Peers with fresh keys, and a table that they come into.
enum Fixture {
    /// The key of the node whose table it is.
    static let own = Self.node()

    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    static func later(_ seconds: Int64) -> Timestamp {
        Self.start.adding(milliseconds: seconds * 1_000)
    }

    static func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

    static func machine(
        bootstrap: [String] = [],
        domain: String? = nil,
        direct: [String] = [],
        isLocalProfile: Bool = true
    ) -> PeersStateMachine {
        var configuration = Self.configuration(
            bootstrap: bootstrap,
            isLocalProfile: isLocalProfile
        )
        configuration.bootstrapDomain = domain
        configuration.direct = direct
        return PeersStateMachine(configuration: configuration, now: Self.start)
    }

    /// The table alone, without anybody who looks through it.
    static func table(isLocalProfile: Bool = true) -> KnownPeers {
        KnownPeers(Self.configuration(isLocalProfile: isLocalProfile))
    }

    private static func configuration(bootstrap: [String] = [], isLocalProfile: Bool)
        -> PeersConfiguration
    {
        PeersConfiguration(
            ownNode: Self.own,
            bootstrap: bootstrap,
            isLocalProfile: isLocalProfile
        )
    }

    static func dials(_ actions: [PeersAction]) -> [String] {
        actions.compactMap { if case .dial(let address) = $0 { address } else { nil } }
    }
}

extension PeersStateMachine {
    /// A peer connects and proves itself.
    mutating func meet(
        _ peer: NodeID,
        at address: String,
        isOutbound: Bool = true,
        now: Timestamp
    ) {
        _ = self.connected(
            peer,
            address: address,
            isOutbound: isOutbound,
            nonce: [],
            now: now
        )
        _ = self.proofChecked(peer, failure: nil, now: now)
    }

    /// Somebody says where a peer is.
    mutating func hear(of peer: NodeID, at address: String, now: Timestamp) {
        let word = AddressesHeard(peer: peer, addresses: [address], source: .domainName)
        self.heard(word, now: now)
    }

    /// A fact of an earlier life.
    mutating func replay(_ fact: LocalFact) {
        self.logged(FactLogged(sequence: 1, fact: fact, isReplay: true))
    }

    /// Peers of the table that the operator named for a start.
    var bootstrapNodes: [NodeID] { self.table.filter(\.isBootstrap).map(\.node) }

    /// Looks at the table at a moment, and returns what is to be saved.
    mutating func saved(until now: Timestamp) -> Anchors? {
        self.tick(now: now, entropy: 0).compactMap { action in
            if case .save(let anchors) = action { anchors } else { nil }
        }.last
    }

    /// Looks at the table at a moment at which anchors have to be saved.
    mutating func mustSave(until now: Timestamp) throws -> Anchors {
        let anchors = self.saved(until: now)
        return try #require(anchors)
    }
}

extension KnownPeers {
    /// A peer connects and proves itself.
    mutating func meet(_ peer: NodeID, at address: String, isOutbound: Bool = true) {
        self.connected(peer, at: address, isOutbound: isOutbound, now: Fixture.start)
        self.update(peer) { $0.authenticated(now: Fixture.start) }
    }
}
