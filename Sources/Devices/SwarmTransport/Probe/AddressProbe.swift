import Cryptography
package import Discovery
import GossipSub
import Kernel
import Logging
package import Messages
import Multiformats
import NIOCore
import NIOPosix
package import Primitives
import Swarm

/// Tries addresses as a stranger with a key of its own, step by step, and tells how far that leads.
///
/// The stranger computes a proof of delay, so that it can go all the way that a node goes: a name, TCP, encryption,
/// identify, the handshake of both sides, and a question about the log.
package struct AddressProbe: Sendable {
    /// One step on the way.
    package struct Step: Sendable, Equatable {
        /// How a step went.
        package enum Outcome: Sendable {
            case good
            /// It was not found out, or could be better.
            case doubtful
            case bad
        }
        /// The address that was tried, which is another one behind a `/dnsaddr`.
        package let address: String
        /// What was tried.
        package let name: String
        package let outcome: Outcome
        /// What came of it: where it failed, cause and next step.
        package let detail: String
    }

    /// What is asked for in the log of others: messages that a node signed after all that its own log has.
    package struct OwnRecord: Sendable, Equatable {
        package let node: NodeID
        /// The newest stamp of the own log.
        package let newest: Timestamp

        package init(node: NodeID, newest: Timestamp) {
            self.node = node
            self.newest = newest
        }
    }

    /// The network that peers must belong to; nil for none.
    private let network: NetworkMark?
    private let own: OwnRecord?
    private let patience: Duration
    /// Who is asked for TXT records; nil for the servers of the system.
    private let dns: DNSClient?

    /// - Parameters:
    ///   - network: the network that peers must belong to; nil for none.
    ///   - own: what to look for in their logs; nil for nothing.
    ///   - patience: for how long each answer is waited for.
    ///   - dns: who is asked for TXT records; nil for the servers of the system.
    package init(
        network: NetworkMark? = nil,
        own: OwnRecord? = nil,
        patience: Duration = .seconds(15),
        dns: DNSClient? = nil
    ) {
        self.network = network
        self.own = own
        self.patience = patience
        self.dns = dns
    }

    /// Tries an address, and those behind it.
    ///
    /// - Parameter text: a multiaddr.
    /// - Returns: the steps up to the first that failed, for each address.
    package func steps(to text: String) async -> [Step] {
        let address: Multiaddr
        do {
            address = try Multiaddr(text)
        } catch {
            return [Step(address: text, name: "address", outcome: .bad, detail: "\(error)")]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let names = NameProbe(address: text, dns: self.dns ?? .system(), loop: loop)
        if case .dnsaddr? = address.components.first {
            let (step, found) = await names.follow(DNSAddressLookup(address))
            return [step] + (await self.steps(to: found))
        }
        let before = await names.reach(address)
        guard before.allSatisfy({ $0.outcome == .good }) else { return before }
        return before + (await self.talk(to: address, text))
    }

    /// Looks for addresses in the TXT records of the domain of a network, and tries them.
    ///
    /// - Parameter name: the whole name.
    /// - Returns: the steps.
    package func steps(below name: String) async -> [Step] {
        guard let wanted = DNSName(name) else {
            let detail = "it is no domain name; put `bootstrap-domain` right"
            return [Step(address: name, name: "name", outcome: .bad, detail: detail)]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let names = NameProbe(address: name, dns: self.dns ?? .system(), loop: loop)
        let (step, found) = await names.follow(DNSAddressLookup(wanted))
        return [step] + (await self.steps(to: found))
    }

    /// Addresses behind a name that are tried.
    ///
    /// Source: own choice: each one may take a minute.
    private static let addressesMax = 4

    private func steps(to found: [Multiaddr]) async -> [Step] {
        var steps: [Step] = []
        for address in found.prefix(Self.addressesMax) {
            // What is found by a name is not looked up once more by another.
            if case .dnsaddr? = address.components.first { continue }
            steps += await self.steps(to: address.description)
        }
        return steps
    }

    // MARK: From encryption on

    private func talk(to address: Multiaddr, _ text: String) async -> [Step] {
        let key = SigningKey.generate()
        let (events, told) = AsyncStream<ProbeEvent>.makeStream()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let swarm = Swarm(
            configuration: Self.configuration(key),
            delegate: ProbeListener(told),
            group: group,
            logger: Logger(label: "valence.doctor") { _ in SwiftLogNoOpLogHandler() }
        )
        var talk = ProbeTalk(key: key, network: self.network, own: self.own)
        let clock = Task { [patience] in
            while !Task.isCancelled {
                try await Task.sleep(for: patience)
                told.yield(.tick)
            }
        }
        swarm.dial(address)
        for await event in events {
            for action in talk.hear(event, at: Self.now) { Self.perform(action, on: swarm) }
            if talk.isOver { break }
        }
        clock.cancel()
        await swarm.shutdown()
        try? await group.shutdownGracefully()
        return talk.found.map {
            Step(address: text, name: $0.name, outcome: $0.outcome, detail: $0.detail)
        }
    }

    private static var now: Timestamp { SystemClock().now.timestamp }

    private static func perform(_ action: ProbeTalk.Action, on swarm: Swarm) {
        switch action {
        case .ask(let token, let peer, let streamProtocol, let frame):
            swarm.openExchange(
                token: token,
                peer: peer,
                protocolID: streamProtocol.rawValue,
                request: frame
            )
        case .answer(let id, let frame): swarm.answerExchange(id, frame)
        }
    }

    private static func configuration(_ key: SigningKey) -> SwarmConfiguration {
        SwarmConfiguration(
            identity: key,
            listen: [],
            agentVersion: "valence-node/doctor",
            exchangeProtocols: [StreamProtocol.auth, .sync].map(\.rawValue),
            longLivedProtocols: []
        )
    }
}
