import Kernel
import Messages
import Primitives
import Synchronization
import Testing

@testable import Chronicle

/// Keeps what was written.
private final class Notebook: ChronicleWriter {
    private let lines = Mutex<[ChronicleLine]>([])
    let isVerbose = true

    func write(_ line: ChronicleLine) { self.lines.withLock { $0.append(line) } }
    var notices: [String] {
        self.lines.withLock { $0.filter { $0.level == .notice }.map(\.text) }
    }
}

/// Stands for the subsystems whose events are told.
private actor RestOfNode: Subsystem {
    static let name = SubsystemName.gossip
    private let connected: Emitter<PeerConnected>
    private let authenticated: Emitter<PeerAuthenticated>
    private let gone: Emitter<PeerDisconnected>

    struct Meeting: Signal { let peer: NodeID }

    init(_ boot: borrowing Boot, _ start: (Inlet<Meeting>) -> Void) {
        self.connected = boot.emits(PeerConnected.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.gone = boot.emits(PeerDisconnected.self)
        start(boot.inlet(Meeting.self))
    }

    static func wire(_ wiring: borrowing Wiring<RestOfNode>) {
        wiring.receives(Meeting.self) { rest, envelope, outbox in
            let peer = envelope.body.peer
            let event = PeerConnected(peer: peer, address: "/ip4/192.0.2.1/tcp/1", isOutbound: true)
            outbox.send(rest.connected, event)
            outbox.send(rest.authenticated, PeerAuthenticated(peer: peer))
            outbox.send(rest.gone, PeerDisconnected(peer: peer, reason: "it left"))
        }
    }
}

@Suite("Chronicle: what the operator is told")
struct ChronicleTests {
    private let start = Timestamp(milliseconds: 1_767_225_600_000)

    private func peer(_ number: UInt8) -> NodeID { NodeID(SHA256Digest.hash([number])) }

    @Test("C2-5: peers that come and go are told in the order of the bus")
    func bus() async throws {
        let notebook = Notebook()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        _ = kernel.add { boot in Chronicle(boot, writer: notebook, startingPoints: []) }
        var inlet: Inlet<RestOfNode.Meeting>?
        _ = kernel.add { boot in RestOfNode(boot) { inlet = $0 } }
        _ = try kernel.boot(standard: SubsystemName.standard)
        let peer = self.peer(1)
        inlet?.put(RestOfNode.Meeting(peer: peer))
        await kernel.settle()
        #expect(
            notebook.notices == [
                "peer \(peer) at /ip4/192.0.2.1/tcp/1 is up, 1 now",
                "peer \(peer) is gone, 0 left: it left",
            ]
        )
    }

    @Test("C2-5: a named address that cannot be reached is told once for each cause")
    func startingPoints() {
        let address = "/ip4/192.0.2.1/tcp/4001"
        var machine = ChronicleStateMachine(isVerbose: false, startingPoints: [address + "/"])
        func told(_ reason: String, at address: String = address) -> [String] {
            machine.dialFailed(address, reason: reason, now: self.start).map(\.text)
        }
        #expect(told("refused") == ["cannot reach \(address): refused"])
        #expect(told("refused").isEmpty)
        #expect(told("no answer") == ["cannot reach \(address): no answer"])
        #expect(told("refused", at: "/ip4/192.0.2.2/tcp/1").isEmpty, "nobody named that one")
        let peer = self.peer(1)
        _ = machine.connected(peer, at: address, isOutbound: true)
        let other = machine.disconnected(peer, reason: "of another network", now: self.start)
        #expect(other.map(\.text) == ["cannot reach \(address): of another network"])
        _ = machine.connected(peer, at: address, isOutbound: true)
        _ = machine.authenticated(peer, now: self.start)
        _ = machine.disconnected(peer, reason: "it left", now: self.start)
        #expect(told("of another network").count == 1, "it was up in between")
    }

    @Test("C2-5: strangers who come and go fill no log")
    func bounded() {
        var machine = ChronicleStateMachine(isVerbose: false, startingPoints: [])
        var lines: [ChronicleLine] = []
        for number in 0..<UInt8(200) {
            lines += machine.authenticated(self.peer(number), now: self.start)
        }
        #expect(lines.count == ChronicleLimits.peerLinesMax)
        let later = self.start.adding(milliseconds: ChronicleLimits.windowMilliseconds)
        let next = machine.disconnected(self.peer(0), reason: "x", now: later).map(\.text)
        #expect(next.first == "170 more lines about peers were left out" && next.count == 2)
    }

    @Test("C3-4: another process with this node's key is told at once, and once in ten minutes")
    func ownKey() {
        var machine = ChronicleStateMachine(isVerbose: false, startingPoints: [])
        let place = "/ip4/192.0.2.1/tcp/4001"
        func told(after milliseconds: Int64, isOutbound: Bool = false) -> [String] {
            let now = self.start.adding(milliseconds: milliseconds)
            let lines = machine.ownKeyMet(place, isOutbound: isOutbound, now: now)
            #expect(lines.allSatisfy { $0.level == .notice })
            return lines.map(\.text)
        }
        let first = told(after: 0)
        #expect(first.first?.contains("with this node's key, calling from \(place);") == true)
        let pause = ChronicleLimits.ownKeyMilliseconds
        #expect((1..<100).allSatisfy { told(after: $0).isEmpty })
        #expect(told(after: pause - 1).isEmpty)
        #expect(told(after: pause, isOutbound: true).first?.contains("key at \(place);") == true)
        #expect(told(after: 0).count == 1, "a clock that was set back keeps nothing silent")
    }

    @Test("C2-5: own refusals are for everybody, those of others for who looks for them")
    func refusals() {
        let refusal = Refusal(.rule, "too late")
        let own = MessageRefused(origin: .local(nil), id: nil, refusal: refusal)
        let other = MessageRefused(origin: .sync(peer: self.peer(1)), id: nil, refusal: refusal)
        let quiet = ChronicleStateMachine(isVerbose: false, startingPoints: [])
        let verbose = ChronicleStateMachine(isVerbose: true, startingPoints: [])
        #expect(quiet.refused(own).map(\.level) == [.notice])
        #expect(quiet.refused(other).isEmpty)
        #expect(verbose.refused(other).first?.text.contains("rule: too late") == true)
        let difference = Divergence(
            peer: NodeID(.zero),
            tree: .identity,
            onlyThere: [MessageID(.zero)],
            onlyHere: 2,
            held: 9
        )
        #expect(quiet.diverged(difference).isEmpty)
        let line = verbose.diverged(difference).first?.text
        #expect(line?.contains("1 messages only there, 2 of 9 only here") == true)
        #expect(SyncState.allCases.allSatisfy { quiet.syncChanged(to: $0).count == 1 })
    }
}
