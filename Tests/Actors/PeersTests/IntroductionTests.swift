import Messages
import Primitives
import Testing

@testable import Peers

@Suite("ADR 0063: what others are told of a peer")
struct IntroductionTests {
    /// What is told of a peer that proves itself at an address.
    private static func introduction(
        at address: String,
        to peers: inout PeersStateMachine
    ) throws -> PeerAuthenticated {
        let peer = Fixture.node()
        _ = peers.connected(
            peer,
            address: address,
            isOutbound: true,
            nonce: [],
            now: Fixture.start
        )
        let actions = peers.proofChecked(peer, failure: nil, now: Fixture.start)
        let events = actions.compactMap { action in
            if case .authenticated(let event) = action { event } else { nil }
        }
        let event = try #require(events.first)
        #expect(events.count == 1 && event.peer == peer)
        return event
    }

    @Test("D-25, R-05-075: peers of one prefix have one network, others have others")
    func networks() throws {
        var peers = Fixture.machine(isLocalProfile: false)
        let one = try Self.introduction(at: "/ip4/8.1.2.3/tcp/9090", to: &peers)
        let near = try Self.introduction(at: "/ip4/8.1.9.9/tcp/9090", to: &peers)
        let far = try Self.introduction(at: "/ip4/8.2.2.3/tcp/9090", to: &peers)
        #expect(one.network != nil && one.network == near.network && one.network != far.network)
    }

    @Test("D-25: in the local profile each identity is a network of its own")
    func local() throws {
        var peers = Fixture.machine()
        let one = try Self.introduction(at: "/ip4/127.0.0.1/tcp/1", to: &peers)
        let other = try Self.introduction(at: "/ip4/127.0.0.1/tcp/2", to: &peers)
        #expect(one.network == one.peer.hex && other.network == other.peer.hex)
    }

    @Test("R-05-076: it is told which peers the operator named to start from")
    func bootstrap() throws {
        let named = "/ip4/8.1.2.3/tcp/9090"
        var peers = Fixture.machine(bootstrap: [named], isLocalProfile: false)
        let one = try Self.introduction(at: named, to: &peers)
        let other = try Self.introduction(at: "/ip4/8.3.2.3/tcp/9090", to: &peers)
        #expect(one.isBootstrap && !other.isBootstrap)
    }
}
