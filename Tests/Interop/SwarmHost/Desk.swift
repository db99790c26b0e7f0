import Cryptography
import GossipHost
import GossipSub
import Multiformats
import Primitives
import Relay
import Swarm
import Synchronization

/// Takes commands, carries them out on the host, and tells what happens there.
final class Desk: Sendable {
    /// A stream of one request and the same bytes back, each behind a length of four bytes; each
    /// side closes its half once it has said all.
    static let echoProtocol = "/valence-test/echo/1.0.0"

    /// Bytes of the largest request that is echoed, or sent to be.
    ///
    /// Source: 10 MiB, many times the largest window of a stream.
    static let echoBytesMax = 10_485_760

    private struct State {
        var host: GossipHost?
        /// Commands that wait until messages can be sent to a peer.
        var connecting: [PeerID: Int64] = [:]
        var ready: Set<PeerID> = []
        /// Where connected peers are seen.
        var addresses: [PeerID: Multiaddr] = [:]
        /// What peers found about this host.
        var reachability = Reachability.unknown
        /// Where peers reach this host through relays.
        var relayed: [Multiaddr] = []
        var echoes: EchoRun?
        /// Requests without an answer, until there are so many of them.
        var held: [(id: UInt64, request: [UInt8])] = []
        var holdUntil = 1
        /// Peers of which a dropped message was told.
        var dropped: Set<PeerID> = []
    }

    private let state = Mutex(State())
    private let isQuiet: Bool

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func attach(_ host: GossipHost) { self.state.withLock { $0.host = host } }

    private var swarm: Swarm? { self.state.withLock { $0.host }?.swarm }

    // MARK: Commands

    /// Carries a command out: `{"id": 1, "do": "publish", "with": ["topic", "00ff"]}`.
    func take(_ line: String) {
        guard let command = try? JSONDocument(scanning: Array(line.utf8)).root,
            let number = command["id"]?.integer, let name = command["do"]?.string
        else { return Speech.event("problem", ("text", .string("no command: \(line)"))) }
        let arguments = Arguments(values: command["with"]?.elements?.map(\.value) ?? [])
        do {
            if let answer = try self.answer(name, arguments) {
                return Speech.result(number, answer)
            }
            try self.carryOut(name, arguments, number)
        } catch {
            Speech.failure(number, "\(error)")
        }
    }

    /// What is asked about the host; nil for what is to be done.
    private func answer(_ name: String, _ with: Arguments) throws -> JSONValue? {
        let state = self.state.withLock { $0 }
        switch name {
        case "is_connected": return .bool(state.ready.contains(try with.peer(0)))
        case "address_of":
            return state.addresses[try with.peer(0)].map { .string("\($0)") } ?? .null
        case "reachability": return .string("\(state.reachability)")
        case "relayed": return .array(state.relayed.map { .string("\($0)") })
        default: return nil
        }
    }

    private func carryOut(_ name: String, _ with: Arguments, _ number: Int64) throws {
        switch name {
        case "connect": try self.connect(with.address(0), number)
        case "disconnect":
            self.swarm?.disconnect(try with.peer(0), reason: "asked to")
            Speech.result(number)
        case "publish":
            let data = try with.bytes(1)
            self.state.withLock { $0.host }?.publish(data, topic: try with.text(0))
            Speech.result(number)
        case "flood": try self.flood(with, number)
        case "hold":
            let count = try with.count(0)
            self.state.withLock { $0.holdUntil = count }
            Speech.result(number)
        case "echo":
            let run = EchoRun(
                number,
                peer: try with.peer(0),
                count: try with.count(1),
                bytes: try with.count(2),
                atOnce: try with.count(3),
                staysOpen: try with.flag(4)
            )
            self.state.withLock { $0.echoes = run }
            self.work { $0.start() }
        default: Speech.failure(number, "unknown command")
        }
    }

    private func connect(_ address: Multiaddr, _ number: Int64) throws {
        guard let peer = address.peerID else { throw ArgumentError("the address names no peer") }
        let isReady = self.state.withLock { state in
            state.connecting[peer] = number
            return state.ready.contains(peer)
        }
        if isReady { return self.connected(peer) }
        self.swarm?.dial(address)
    }

    private func connected(_ peer: PeerID) {
        let number = self.state.withLock { state in
            state.ready.insert(peer)
            return state.connecting.removeValue(forKey: peer)
        }
        if let number { Speech.result(number) }
    }

    /// Publishes many messages, more than slow peers take in.
    private func flood(_ with: Arguments, _ number: Int64) throws {
        let (topic, count, bytes) = (try with.text(0), try with.count(1), try with.count(2))
        let host = self.state.withLock { $0.host }
        let filling = [UInt8](repeating: 0x78, count: bytes)
        for index in 0..<count {
            host?.publish(Array("\(index):".utf8) + filling, topic: topic)
        }
        Speech.result(number)
    }

    /// Works on the run of echoes and sends what it asks for.
    private func work(_ body: (inout EchoRun) -> [EchoRun.Request]) {
        let (requests, run, swarm) = self.state.withLock { state in
            guard var run = state.echoes else {
                return ([EchoRun.Request](), EchoRun?.none, Swarm?.none)
            }
            let requests = body(&run)
            state.echoes = run.isOver ? nil : run
            return (requests, run, state.host?.swarm)
        }
        guard let run else { return }
        for request in requests {
            swarm?.openExchange(
                token: request.token,
                peer: run.peer,
                protocolID: Self.echoProtocol,
                request: request.bytes,
                staysOpen: run.staysOpen
            )
        }
    }

    // MARK: Events

    /// Something happened at the host.
    func happened(_ event: GossipHost.Event) {
        switch event {
        case .seen(let peer, let address):
            self.state.withLock { $0.addresses[peer] = address }
        case .reachability(let reachability):
            self.state.withLock { $0.reachability = reachability }
        case .relayed(let addresses): self.state.withLock { $0.relayed = addresses }
        case .ready(let peer): self.connected(peer)
        case .disconnected(let peer, let reason):
            self.state.withLock { state in
                state.ready.remove(peer)
                state.addresses[peer] = nil
            }
            Speech.event("disconnected", ("peer", .string("\(peer)")), ("text", .string(reason)))
        case .dialFailed(let address, let reason):
            let number = self.state.withLock { state in
                address.peerID.flatMap { state.connecting.removeValue(forKey: $0) }
            }
            if let number { Speech.failure(number, reason) }
        case .dropped(let peer):
            let isNews = self.state.withLock { $0.dropped.insert(peer).inserted }
            if isNews { Speech.event("dropped", ("text", .string("dropped for \(peer)"))) }
        case .message(let message):
            guard !self.isQuiet else { return }
            Speech.event(
                "message",
                ("topic", .string(message.topic)),
                ("data", .string(Hex.encode(message.data)))
            )
        case .requested(let id, let request): self.requested(id, request)
        case .answered(let token, let answer): self.work { $0.answered(token, answer) }
        case .failed(let token, let reason): self.work { $0.failed(token, reason) }
        }
    }

    private func requested(_ id: UInt64, _ request: [UInt8]) {
        let due = self.state.withLock { state in
            state.held.append((id, request))
            guard state.held.count >= state.holdUntil else {
                return [(id: UInt64, request: [UInt8])]()
            }
            defer { state.held = [] }
            return state.held
        }
        let swarm = self.swarm
        for (id, request) in due { swarm?.answerExchange(id, request) }
    }
}
