import GossipSub
import Kernel
import Messages
import Primitives
import Synchronization
import Testing

@testable import Gossip

/// Counts what is sent to peers.
private final class Wire: GossipTransport {
    private let state = Mutex<(inlet: Inlet<TransportSignal>?, frames: Int)>((nil, 0))

    var frames: Int { self.state.withLock { $0.frames } }

    func tell(_ signal: TransportSignal) {
        let inlet = self.state.withLock { $0.inlet }
        _ = inlet?.put(signal)
    }

    func start(reportingTo inlet: Inlet<TransportSignal>) {
        self.state.withLock { $0.inlet = inlet }
    }

    func sendGossip(_ frame: [UInt8], to peer: NodeID) { self.state.withLock { $0.frames += 1 } }

    func dial(_ address: String) {}
    func lookUp(_ name: String) {}
    func disconnect(_ peer: NodeID, reason: String) {}
    func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8]) {}
    func answerExchange(_ id: UInt64, frame: [UInt8]?) {}
    func protect(_ peer: NodeID, _ isProtected: Bool) {}
    func setValue(_ value: Int, of peer: NodeID) {}
    func setReading(paused: Bool) {}
}

/// Says what the rest of the node would.
private actor Teller: Subsystem {
    enum Order: Signal {
        case replayed
        case authenticated(NodeID)
        case accepted(AdmittedMessage)
        case logged(AdmittedMessage)
    }

    static let name: SubsystemName = "Teller"
    nonisolated let orders: Inlet<Order>
    private let finished: Emitter<ReplayFinished>
    private let authenticated: Emitter<PeerAuthenticated>
    private let accepted: Emitter<MessageAccepted>
    private let logged: Emitter<KeyedMessageLogged>

    init(_ boot: borrowing Boot) {
        self.orders = boot.inlet(Order.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.logged = boot.emits(KeyedMessageLogged.self)
    }

    static func wire(_ wiring: borrowing Wiring<Teller>) {
        wiring.receives(Order.self) { teller, envelope, outbox in
            switch envelope.body {
            case .replayed:
                let end = ReplayFinished(lastSequence: 0, lastArrival: nil)
                outbox.send(teller.finished, end)
            case .authenticated(let peer):
                outbox.send(teller.authenticated, PeerAuthenticated(peer: peer))
            case .accepted(let admitted):
                outbox.send(teller.accepted, MessageAccepted(admitted: admitted))
            case .logged(let admitted):
                outbox.send(teller.logged, KeyedMessageLogged(admitted: admitted))
            }
        }
    }
}

@Suite("ADR 0060: when others hear an own message")
struct KeyedMessageTests {
    /// A node with one peer that listens.
    private static func node() async throws -> (kernel: Kernel, teller: Teller, wire: Wire) {
        let wire = Wire()
        let key = try Fixture.key(1)
        let clock = ManualClock(Moment(milliseconds: Fixture.start.milliseconds))
        let kernel = Kernel(clock: clock, entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in
            Gossip(boot, key: key, entropy: 1, firstSequenceNumber: 1, transport: wire)
        }
        let teller = kernel.add { boot in Teller(boot) }
        try kernel.boot(standard: SubsystemName.standard)
        teller.orders.put(.replayed)
        await kernel.settle()
        var peer = try Fixture.machine(2)
        let (one, two) = (try Fixture.node(1), try Fixture.node(2))
        _ = peer.peerConnected(one, address: "", isOutbound: false)
        _ = peer.peerAuthenticated(one, now: Fixture.start)
        let id = GossipSubProtocol.newest
        let hello = peer.gossipReady(one, protocolID: id, isOutbound: false, now: Fixture.start)
        wire.tell(.connected(peer: two, address: "", isOutbound: true))
        await kernel.settle()
        teller.orders.put(.authenticated(two))
        await kernel.settle()
        wire.tell(.gossipReady(peer: two, protocolID: id, isOutbound: true))
        for frame in Pair.frames(hello) {
            wire.tell(.gossipFrame(peer: two, frame: try Pair.body(frame)))
        }
        await kernel.settle()
        return (kernel, teller, wire)
    }

    @Test("one without a key at once; one with a key when the log holds it")
    func order() async throws {
        let (kernel, teller, wire) = try await Self.node()
        let key = RequestKey("k", of: "owner", askingFor: [])
        func said(_ order: Teller.Order) async -> Int {
            let before = wire.frames
            teller.orders.put(order)
            await kernel.settle()
            return wire.frames - before
        }
        let plain = try Fixture.admitted("REQUEST", by: 1, origin: .local(nil), text: "plain")
        #expect(await said(.accepted(plain)) == 1)
        let origin = Origin.local(RequestID(rawValue: 1), key: key)
        let keyed = try Fixture.admitted("REQUEST", by: 1, origin: origin, text: "keyed")
        #expect(await said(.accepted(keyed)) == 0)
        #expect(await said(.logged(keyed)) == 1)
    }
}
