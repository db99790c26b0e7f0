import Cryptography
import Gossip
import GossipSub
import Logging
import Messages
import Multiformats
import NIOCore
import NIOPosix
import Swarm

/// Tries one address as a stranger with a key of its own, and tells how far that leads.
///
/// What only the node itself can do there, which is to show that it has its key, is seen in its list of peers.
package struct AddressProbe: Sendable {
    /// One step on the way.
    package struct Step: Sendable, Equatable {
        /// What was tried.
        package let name: String
        /// Whether it went well.
        package let isGood: Bool
        /// What came of it: where it failed, cause and next step.
        package let detail: String
    }

    private enum Event: Sendable {
        case connected(PeerID)
        case failed(String)
        case identified(PeerIdentity)
        case late
    }

    private let patience: Duration

    /// - Parameter patience: for how long an answer is waited for.
    package init(patience: Duration = .seconds(15)) { self.patience = patience }

    /// Tries an address.
    ///
    /// - Parameter text: a multiaddr.
    /// - Returns: the steps up to the first that failed.
    package func steps(to text: String) async -> [Step] {
        let (address, key): (Multiaddr, SigningKey)
        do {
            address = try Multiaddr(text)
            key = try SigningKey(seed: SecureRandom.bytes(32))
        } catch {
            return [Step(name: "address", isGood: false, detail: "\(error)")]
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (events, told) = AsyncStream<Event>.makeStream()
        let swarm = Swarm(
            configuration: Self.configuration(key),
            delegate: Listener(told),
            group: group,
            logger: Logger(label: "valence.doctor") { _ in SwiftLogNoOpLogHandler() }
        )
        let clock = Task { [patience] in
            try await Task.sleep(for: patience)
            told.yield(.late)
        }
        swarm.dial(address)
        let steps = await Self.follow(events)
        clock.cancel()
        await swarm.shutdown()
        try? await group.shutdownGracefully()
        return steps
    }

    private static func configuration(_ key: SigningKey) -> SwarmConfiguration {
        SwarmConfiguration(
            identity: key,
            listen: [],
            agentVersion: "valence-node/doctor",
            exchangeProtocols: [],
            longLivedProtocols: []
        )
    }

    private static func follow(_ events: AsyncStream<Event>) async -> [Step] {
        var steps: [Step] = []
        for await event in events {
            switch event {
            case .connected(let peer):
                let detail = "TCP, Noise and Yamux as \(peer)"
                steps.append(Step(name: "connection", isGood: true, detail: detail))
            case .identified(let identity): return steps + Self.judge(identity)
            case .failed(let reason):
                let name = steps.isEmpty ? "connection" : "identify"
                return steps + [Step(name: name, isGood: false, detail: reason)]
            case .late:
                let name = steps.isEmpty ? "connection" : "identify"
                let detail = "no answer in time; see whether a Valence node listens there"
                return steps + [Step(name: name, isGood: false, detail: detail)]
            }
        }
        return steps
    }

    /// Whether a peer speaks what a Valence node speaks.
    private static func judge(_ identity: PeerIdentity) -> [Step] {
        let name = Step(name: "identify", isGood: true, detail: identity.agentVersion ?? "nameless")
        let spoken = Set(identity.protocols ?? [])
        let missing = StreamProtocol.allCases.map(\.rawValue).filter { !spoken.contains($0) }
        guard missing.isEmpty else {
            let list = missing.joined(separator: ", ")
            let detail =
                "it does not speak \(list); it is no Valence node, or one of another version"
            return [name, Step(name: "protocols", isGood: false, detail: detail)]
        }
        guard GossipSubProtocol.ids.contains(where: spoken.contains) else {
            let detail = "it speaks no version of GossipSub that this node knows"
            return [name, Step(name: "protocols", isGood: false, detail: detail)]
        }
        return [
            name, Step(name: "protocols", isGood: true, detail: "it speaks what a node speaks"),
        ]
    }

    /// Hears of one dial.
    private struct Listener: SwarmDelegate {
        private let told: AsyncStream<Event>.Continuation

        init(_ told: AsyncStream<Event>.Continuation) { self.told = told }

        func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
            self.told.yield(.connected(peer))
        }

        func dialFailed(_ address: Multiaddr, reason: String) { self.told.yield(.failed(reason)) }

        func disconnected(_ peer: PeerID, reason: String) { self.told.yield(.failed(reason)) }

        func identified(_ peer: PeerID, _ identity: PeerIdentity) {
            self.told.yield(.identified(identity))
        }

        func listening(on addresses: [Multiaddr]) {}
        func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {}
        func received(frame: [UInt8], from peer: PeerID) {}
        func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {}
        func exchangeAnswered(token: UInt64, answer: [UInt8]) {}
        func exchangeFailed(token: UInt64, reason: String) {}
    }
}
