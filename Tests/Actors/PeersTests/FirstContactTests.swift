import Cryptography
import Kernel
import Messages
import Primitives
import Testing

@testable import Peers

/// Stands for Gossip: peers connect, and what is opened to them comes here.
private actor Wire: Subsystem {
    static let name = SubsystemName.gossip
    private let connected: Emitter<PeerConnected>
    nonisolated let peers: Inlet<Contact>
    private(set) var opened: [OpenExchange] = []

    struct Contact: Signal {
        let peer: NodeID
        let isOutbound: Bool
    }

    init(_ boot: borrowing Boot) {
        self.connected = boot.emits(PeerConnected.self)
        self.peers = boot.inlet(Contact.self)
    }

    static func wire(_ wiring: borrowing Wiring<Wire>) {
        wiring.receives(Contact.self) { wire, envelope, outbox in
            outbox.send(
                wire.connected,
                PeerConnected(
                    peer: envelope.body.peer,
                    address: "/ip4/127.0.0.1/tcp/1",
                    isOutbound: envelope.body.isOutbound
                )
            )
        }
        wiring.receives(OpenExchange.self) { wire, envelope, _ in
            wire.opened.append(envelope.body)
        }
        // The rest of what Peers may tell Gossip to do.
        wiring.receives(AnswerExchange.self) { _, _, _ in }
        wiring.receives(DialPeer.self) { _, _, _ in }
        wiring.receives(LookUpAddresses.self) { _, _, _ in }
        wiring.receives(DisconnectPeer.self) { _, _, _ in }
        wiring.receives(ProtectPeer.self) { _, _, _ in }
    }
}

@Suite("§3 First contact")
struct FirstContactTests {
    @Test("R-03-005: whoever connects is challenged first: own key, 32 bytes that nobody foresees")
    func challenges() async throws {
        let own = Fixture.node()
        // The entropy of a real node; that of tests repeats itself.
        let kernel = Kernel(clock: ManualClock(Moment(Fixture.start)), entropy: SystemEntropy())
        let wire = kernel.add { boot in Wire(boot) }
        kernel.add { boot in
            Peers(
                boot,
                configuration: PeersConfiguration(
                    ownNode: own,
                    bootstrap: [],
                    isLocalProfile: true
                )
            )
        }
        try kernel.boot(standard: SubsystemName.standard)
        let peers = (0..<12).map { _ in Fixture.node() }
        for (number, peer) in peers.enumerated() {
            wire.peers.put(Wire.Contact(peer: peer, isOutbound: number.isMultiple(of: 2)))
        }
        await kernel.settle()
        let opened = await wire.opened
        #expect(opened.map(\.exchange.peer) == peers)
        #expect(opened.allSatisfy { $0.exchange.streamProtocol.rawValue == "/valence/auth/1.0.0" })
        let frames = try opened.map { try JSONDocument(scanning: $0.frame).root.value }
        #expect(frames.allSatisfy { $0["type"]?.string == "AUTH_CHALLENGE" })
        let payloads = frames.compactMap { $0["payload"] }
        #expect(payloads.allSatisfy { $0["initiator_key"]?.string == own.hex })
        let nonces = payloads.compactMap { $0["nonce"]?.string.flatMap { Hex.decode($0) } }
        #expect(nonces.count == 12 && nonces.allSatisfy { $0.count == 32 })
        let parts = nonces.flatMap { nonce in
            stride(from: 0, to: 32, by: 8).map { Array(nonce[$0..<$0 + 8]) }
        }
        #expect(Set(parts).count == 48, "no part comes twice, in one nonce or in two")
    }
}
