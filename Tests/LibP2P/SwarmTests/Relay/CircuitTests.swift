import Cryptography
import Multiformats
import NIOCore
import Relay
import StackSupport
import Synchronization
import Testing
import Yamux

@testable import Swarm

@Suite("Connections through a relay")
struct CircuitTests {
    /// A relay, a host that is reachable through it alone, and where.
    private func hiddenHost(
        framesThroughRelays: Bool = false,
        _ configure: (inout SwarmConfiguration) -> Void = { _ in }
    ) async throws -> (relay: Host, hidden: Host, address: Multiaddr) {
        let relay = try await Host.relay(configure)
        let hidden = try await Host.hidden { $0.framesThroughRelays = framesThroughRelays }
        try await hidden.meet(relay)
        return (relay, hidden, try await hidden.relayed())
    }

    private func stop(_ hosts: Host...) async { for host in hosts { await host.stop() } }

    private func dialFailure(of host: Host, at address: Multiaddr) async throws -> String {
        host.swarm.dial(address)
        try await eventually("the failure") { !host.notes.now.dialFailures.isEmpty }
        return try #require(host.notes.now.dialFailures.first)
    }

    // MARK: The whole way

    @Test("R-03-014 R-03-015: a host that listens nowhere is dialled through a relay")
    func circuit() async throws {
        let (relay, hidden, address) = try await self.hiddenHost(framesThroughRelays: true)
        #expect(address == (try Multiaddr("\(relay.address)/p2p-circuit/p2p/\(hidden.peer)")))
        // Others learn of the address from identify.
        try await eventually("the news") {
            relay.notes.now.identities[hidden.peer]?.addresses == [address.withoutPeer]
        }
        let caller = try await Host { $0.framesThroughRelays = true }
        try await caller.meet(hidden, at: address)
        try await caller.converse(with: hidden, token: 1)
        #expect(caller.isLimited(to: hidden) == true)
        #expect(hidden.isLimited(to: caller) == true)
        #expect(hidden.swarm.primary(of: caller.peer)?.address.isRelayed == true)
        // Neither side sees the other's socket, so neither tells about it.
        try await eventually("the identities") {
            caller.notes.now.identities[hidden.peer] != nil
                && hidden.notes.now.identities[caller.peer] != nil
        }
        #expect(caller.notes.now.identities[hidden.peer]?.observed == nil)
        // The relay knows two peers, and passes what it cannot read.
        #expect(relay.notes.now.frames.isEmpty)
        #expect(relay.swarm.state.withLock { $0.relay.server.circuitCount } == 1)
        caller.swarm.disconnect(hidden.peer, reason: "enough")
        try await eventually("the end of the circuit") {
            hidden.swarm.primary(of: caller.peer) == nil
                && relay.swarm.state.withLock { $0.relay.server.circuitCount } == 0
        }
        await self.stop(caller, hidden, relay)
    }

    @Test("Unless it is asked for, no frames go through a relay, whoever offers to send some")
    func frames() async throws {
        let (relay, hidden, address) = try await self.hiddenHost()
        let (plain, eager) = (try await Host(), try await Host { $0.framesThroughRelays = true })
        for caller in [plain, eager] {
            try await caller.meet(hidden, at: address)
            try await caller.exchange(with: hidden, token: 1)
        }
        // The eager one has offered its stream before it asked, and was refused.
        for (host, other) in [(plain, hidden), (eager, hidden), (hidden, plain), (hidden, eager)] {
            #expect(!host.notes.now.ready.contains(other.peer))
        }
        await self.stop(plain, eager, hidden, relay)
    }

    @Test("A large document passes in pieces when the relay allows it")
    func large() async throws {
        let (relay, hidden, address) = try await self.hiddenHost {
            $0.relayTerms.circuit.bytes = 16_000_000
        }
        let caller = try await Host()
        try await caller.meet(hidden, at: address)
        let document = [UInt8](repeating: 7, count: 2_000_000)
        #expect(try await caller.ask(hidden.peer, document, token: 1) == document)
        await self.stop(caller, hidden, relay)
    }

    @Test("The end of the relay is the end of its circuits and reservations")
    func endOfRelay() async throws {
        let (relay, hidden, address) = try await self.hiddenHost()
        let caller = try await Host()
        try await caller.meet(hidden, at: address)
        await relay.stop()
        try await eventually("the ends") {
            hidden.notes.now.relayAddresses.isEmpty && caller.swarm.primary(of: hidden.peer) == nil
                && hidden.swarm.primary(of: caller.peer) == nil
        }
        #expect(caller.swarm.state.withLock { $0.manager.count } == 0)
        await self.stop(caller, hidden)
    }

    // MARK: Limits

    @Test("A circuit that has carried its bytes breaks off, and its document is not answered")
    func byteLimit() async throws {
        let (relay, hidden, address) = try await self.hiddenHost {
            $0.relayTerms.circuit.bytes = 40_000
        }
        let caller = try await Host()
        try await caller.meet(hidden, at: address)
        let answer = try await caller.ask(
            hidden.peer,
            [UInt8](repeating: 1, count: 60_000),
            token: 1
        )
        #expect(answer == nil)
        try await eventually("the end") {
            caller.swarm.primary(of: hidden.peer) == nil
                && hidden.swarm.primary(of: caller.peer) == nil
        }
        #expect(hidden.notes.now.requests.isEmpty)
        // The connections with the relay stay, and so does the reservation.
        caller.swarm.dial(address)
        try await eventually("another circuit") { caller.isLimited(to: hidden) == true }
        await self.stop(caller, hidden, relay)
    }

    @Test("A circuit ends when its time is over")
    func timeLimit() async throws {
        let (relay, hidden, address) = try await self.hiddenHost {
            $0.relayTerms.circuit.seconds = 3
        }
        let caller = try await Host()
        caller.swarm.dial(address)
        try await eventually("the beginning") { hidden.notes.now.connected.contains(caller.peer) }
        try await eventually("the end") {
            hidden.swarm.primary(of: caller.peer) == nil
                && relay.swarm.state.withLock { $0.relay.server.circuitCount } == 0
        }
        #expect(relay.swarm.primary(of: hidden.peer) != nil)
        await self.stop(caller, hidden, relay)
    }

    @Test("A peer that takes nothing in stops the one that sends to it, not the relay's memory")
    func backPressure() async throws {
        let relay = try await Host.relay { $0.relayTerms.circuit.bytes = 64_000_000 }
        let called = try await HostilePeer(dialling: relay)
        let caller = try await HostilePeer(dialling: relay)
        for peer in [called, caller] { try await peer.mux() }
        _ = try called.openStream(HopMessage.protocolID, HopMessage(kind: .reserve).framed)
        try await eventually("the reservation") {
            relay.swarm.state.withLock { $0.relay.server.reservationCount == 1 }
        }
        let request = HopMessage(kind: .connect, peer: called.peer).framed
        let stream = try caller.openStream(HopMessage.protocolID, request)
        let stop = try await called.answerStream(StopMessage.protocolID)
        called.write(StopMessage(kind: .status, status: .ok).framed, on: stop)
        let limit = RelayCircuitLimit(seconds: RelayLimits.circuitSeconds, bytes: 64_000_000)
        let answer = HopMessage(kind: .status, limit: limit, status: .ok).framed
        try await eventually("the circuit") {
            try caller.pump()
            return caller.bytes(on: stream).suffix(answer.count) == answer[...]
        }
        let all = 4_000_000
        caller.write([UInt8](repeating: 9, count: all), on: stream)
        let echo = try caller.openStream(Ping.protocolID)
        for round in 1...20 {
            caller.write([UInt8](repeating: 3, count: 32), on: echo)
            try await eventually("the echo \(round)") {
                try caller.pump()
                try called.pump(isReading: false)
                return caller.bytes(on: echo).count >= round * 32
            }
        }
        // One window is with the called peer, one with the relay.
        let window = 262_144
        #expect(called.bytes(on: stop).count <= window)
        #expect(caller.pendingBytes(on: stream) >= all - 3 * window)
        await called.hangUp()
        await caller.hangUp()
        await relay.stop()
    }

    // MARK: Reservations

    @Test("A reservation is renewed before it ends")
    func renewal() async throws {
        let clock = TestClock()
        let relay = try await Host.relay { $0.wallClock = { clock.now } }
        let hidden = try await Host.hidden { $0.wallClock = { clock.now } }
        try await hidden.meet(relay)
        _ = try await hidden.relayed()
        let begin = clock.now
        clock.advance(by: RelayLimits.reservationSeconds * 9 / 10)
        let end = begin + RelayLimits.reservationSeconds
        try await eventually("the renewal") {
            relay.swarm.state.withLock { $0.relay.server.holds(hidden.peer, now: end) }
        }
        await relay.stop()
        await hidden.stop()
    }

    @Test("A relay without room refuses a reservation")
    func refusal() async throws {
        let relay = try await Host.relay { $0.relayTerms.reservations = 0 }
        let peer = try await HostilePeer(dialling: relay)
        try await peer.mux()
        let request = HopMessage(kind: .reserve).framed
        let stream = try peer.openStream(HopMessage.protocolID, request)
        let answer = HopMessage(kind: .status, status: .reservationRefused).framed
        try await eventually("the refusal") {
            try peer.pump()
            return peer.bytes(on: stream).suffix(answer.count) == answer[...]
        }
        #expect(relay.swarm.state.withLock { $0.relay.server.reservationCount } == 0)
        await peer.hangUp()
        await relay.stop()
    }

    @Test("Only who can be reached serves as a relay, and only while it is allowed to")
    func service() async throws {
        let (unknown, denied) = (
            try await Host(), try await Host.relay { $0.servesAsRelay = false }
        )
        let hidden = try await Host.hidden()
        for host in [unknown, denied] {
            try await hidden.meet(host)
            try await eventually("the identity") {
                hidden.notes.now.identities[host.peer]?.protocols != nil
            }
            let protocols = hidden.notes.now.identities[host.peer]?.protocols ?? []
            #expect(!protocols.contains(HopMessage.protocolID))
            #expect(protocols.contains(StopMessage.protocolID))
        }
        await self.stop(hidden, unknown, denied)
    }

    // MARK: Refused dials

    @Test("Addresses through relays that lead nowhere fail with the reason")
    func failures() async throws {
        let relay = try await Host.relay()
        let silent = try await Host()
        let closed = try silent.address
        await silent.stop()
        let peer = PeerID(ed25519: SigningKey.generate().publicKey)
        for (text, reason) in [
            ("\(try relay.address)/p2p-circuit/p2p/\(peer)", "noReservation"),
            ("\(closed)/p2p-circuit/p2p/\(peer)", "its relay cannot be reached"),
            ("\(try relay.address)/p2p-circuit", "names one relay and then one peer"),
            ("\(closed)/p2p-circuit/p2p/\(silent.peer)/p2p-circuit/p2p/\(peer)", "names one relay"),
        ] {
            let caller = try await Host()
            let failure = try await self.dialFailure(of: caller, at: try Multiaddr(text))
            #expect(failure.contains(reason))
            #expect(caller.notes.now.dialFailures.count == 1)
            await caller.stop()
        }
        await relay.stop()
    }

    @Test("A call from a relay that was not asked is refused, and no connection begins")
    func uninvitedCall() async throws {
        let host = try await Host()
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        let other = PeerID(ed25519: SigningKey.generate().publicKey)
        let call = StopMessage(kind: .connect, peer: other)
        let stream = try peer.openStream(StopMessage.protocolID, call.framed)
        let answer = StopMessage(kind: .status, status: .permissionDenied).framed
        try await eventually("the refusal") {
            try peer.pump()
            return peer.bytes(on: stream).suffix(answer.count) == answer[...]
        }
        #expect(host.swarm.state.withLock { $0.manager.count } == 1)
        await peer.hangUp()
        await host.stop()
    }
}
