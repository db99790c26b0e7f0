import Cryptography
import Foundation
import Logging
import Multiformats
import NIOCore
import NIOPosix
import Relay
import StackSupport
import Synchronization
import Testing

@testable import Swarm

/// Exchange and frame protocols of these tests.
enum Names {
    static let exchange = "/test/exchange/1.0.0"
    static let frames = "/meshsub/1.1.0"
}

/// Notes what a swarm reports, and answers every request with its reversed bytes.
final class Recorder: SwarmDelegate {
    struct Notes {
        var listening: [Multiaddr] = []
        var connected: [PeerID] = []
        /// Where peers were seen when another connection took over.
        var moved: [PeerID: Multiaddr] = [:]
        var disconnected: [String] = []
        var dialFailures: [String] = []
        /// Where another process with this host's key was met, and whether it was dialled.
        var ownKeys: [(address: Multiaddr?, isOutbound: Bool)] = []
        var ready: [PeerID] = []
        /// Peers whose connection or frame stream was reported as this host's own choice.
        var chosen: Set<PeerID> = []
        var frames: [[UInt8]] = []
        var answers: [UInt64: [UInt8]] = [:]
        var failures: [UInt64: String] = [:]
        var requests: [[UInt8]] = []
        var dropped: Set<PeerID> = []
        var identities: [PeerID: PeerIdentity] = [:]
        var found: [PeerID: [Multiaddr]] = [:]
        /// The largest frame of each stream that a peer reset.
        var streamResets: [PeerID: [Int]] = [:]
        var reachability: Reachability?
        /// Times at which interfaces had other addresses.
        var interfaceChanges = 0
        var relayAddresses: [Multiaddr] = []
        /// What to do with a request; nil leaves it without an answer.
        var answer: (@Sendable ([UInt8]) -> [UInt8]?)? = { $0.reversed() }
        var swarm: Swarm?
    }

    private let notes = Mutex(Notes())

    var now: Notes { self.notes.withLock { $0 } }

    func change(_ body: (inout Notes) -> Void) { self.notes.withLock { body(&$0) } }

    func listening(on addresses: [Multiaddr]) { self.change { $0.listening = addresses } }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
        self.change {
            $0.connected.append(peer)
            if isOutbound { $0.chosen.insert(peer) }
        }
    }

    func addressChanged(_ peer: PeerID, to address: Multiaddr) {
        self.change { $0.moved[peer] = address }
    }

    func disconnected(_ peer: PeerID, reason: String) {
        self.change { $0.disconnected.append(reason) }
    }

    func dialFailed(_ address: Multiaddr, reason: String) {
        self.change { $0.dialFailures.append(reason) }
    }

    func ownKeyMet(at address: Multiaddr?, isOutbound: Bool) {
        self.change { $0.ownKeys.append((address, isOutbound)) }
    }

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        self.change {
            $0.ready.append(peer)
            if isOutbound { $0.chosen.insert(peer) }
        }
    }

    func frameDropped(_ peer: PeerID, byteCount: Int) {
        self.change { $0.dropped.insert(peer) }
    }

    func identified(_ peer: PeerID, _ identity: PeerIdentity) {
        self.change { $0.identities[peer] = identity }
    }

    func found(_ peer: PeerID, at addresses: [Multiaddr]) {
        self.change { $0.found[peer] = addresses }
    }

    func frameStreamReset(_ peer: PeerID, largestFrame: Int) {
        self.change { $0.streamResets[peer, default: []].append(largestFrame) }
    }

    func reachabilityChanged(to reachability: Reachability) {
        self.change { $0.reachability = reachability }
    }

    func interfacesChanged() { self.change { $0.interfaceChanges += 1 } }

    func relayAddressesChanged(to addresses: [Multiaddr]) {
        self.change { $0.relayAddresses = addresses }
    }

    func received(frame: [UInt8], from peer: PeerID) { self.change { $0.frames.append(frame) } }

    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {
        self.change { $0.requests.append(request) }
        let now = self.now
        if let answer = now.answer { now.swarm?.answerExchange(id, answer(request)) }
    }

    func exchangeAnswered(token: UInt64, answer: [UInt8]) {
        self.change { $0.answers[token] = answer }
    }

    func exchangeFailed(token: UInt64, reason: String) {
        self.change { $0.failures[token] = reason }
    }
}

/// A listening swarm on the loopback interface and what it reports.
struct Host: Sendable {
    let swarm: Swarm
    let notes = Recorder()
    let key: SigningKey

    init(
        key: SigningKey = .generate(),
        configure: (inout SwarmConfiguration) -> Void = { _ in }
    ) async throws {
        self.key = key
        var configuration = SwarmConfiguration(
            identity: key,
            listen: [try Multiaddr("/ip4/127.0.0.1/tcp/0")],
            agentVersion: "test/1",
            exchangeProtocols: [Names.exchange],
            longLivedProtocols: [Names.frames]
        )
        configure(&configuration)
        self.swarm = Swarm(
            configuration: configuration,
            delegate: self.notes,
            group: .singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let swarm = self.swarm
        self.notes.change { $0.swarm = swarm }
        try await self.swarm.start()
    }

    var peer: PeerID { PeerID(ed25519: self.key.publicKey) }

    var address: Multiaddr {
        get throws { try #require(self.notes.now.listening.first) }
    }

    /// A host, and an honest one that talks to it.
    static func pair(_ configure: (inout SwarmConfiguration) -> Void = { _ in }) async throws
        -> (host: Host, honest: Host)
    {
        let (host, honest) = (try await Host(configure: configure), try await Host())
        try await honest.meet(host)
        return (host, honest)
    }

    /// Dials another host and waits until frames can go both ways.
    func meet(_ other: Host) async throws {
        self.swarm.dial(try other.address)
        try await eventually("frame streams") {
            self.notes.now.ready.contains(other.peer) && other.notes.now.ready.contains(self.peer)
        }
    }

    /// Asks another host and waits for its answer or the failure.
    func ask(_ other: PeerID, _ request: [UInt8], token: UInt64) async throws -> [UInt8]? {
        self.swarm.openExchange(
            token: token,
            peer: other,
            protocolID: Names.exchange,
            request: request
        )
        try await eventually("an outcome of exchange \(token)") {
            let now = self.notes.now
            return now.answers[token] != nil || now.failures[token] != nil
        }
        return self.notes.now.answers[token]
    }

    func stop() async { await self.swarm.shutdown() }
}
