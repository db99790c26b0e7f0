import Gossip
import HeapModule
import Kernel
import Messages
import Multiformats
import Primitives
import Synchronization

/// The network between simulated nodes: delays, losses and partitions from one seed.
///
/// Frames between two nodes keep their order, as on a TCP connection, unless the faults say otherwise.
final class SimulatedNetwork: Sendable {
    struct Link: Hashable {
        let from: Int
        let to: Int
    }

    /// Where signals go to: a node's inlet, or a peer without a kernel.
    enum End {
        case node(Inlet<TransportSignal>)
        case light(LightPeer)
    }

    /// Frames that left for a peer at one moment and travel together, as in one read of a socket.
    struct Train {
        let leftAt: Moment
        let order: UInt64
    }

    struct Exchange {
        let asker: Int
        let answerer: Int
        let token: UInt64
        /// What was asked.
        let question: [UInt8]
    }

    struct State {
        var random: SplitMix64
        var events = Heap<SimulatedEvent>()
        var order: UInt64 = 0
        var ends: [Int: End] = [:]
        var connections: Set<Link> = []
        var lastArrival: [Link: Moment] = [:]
        /// What each event brings, by its place in the order of scheduling.
        var signals: [UInt64: [TransportSignal]] = [:]
        var trains: [Link: Train] = [:]
        var exchanges: [UInt64: Exchange] = [:]
        var nextExchange: UInt64 = 1
        var trace = SHA256Hasher()
        var delivered: UInt64 = 0
        /// The island of each node; islands do not hear each other.
        var islands: [Int: Int] = [:]
        /// Nodes that never reach each other, whatever else happens; both directions.
        var strangers: Set<Link> = []
        /// What one node says does not reach the other one, which is heard all the same.
        var silenced: Set<Link> = []
        /// What goes wrong, while it is not calm.
        var faults: FaultPlan
        /// Faults are switched off.
        var isCalm = false
        /// Nodes that say something else than their kernels.
        var tamperers: [Int: Tamperer] = [:]
        /// What went wrong so far.
        var mishaps = FaultCount()
        /// Who hears of every question and answer.
        var tap: ExchangeTap?
    }

    let state: Mutex<State>
    let start: Moment
    let nodes: [NodeID]
    let numbers: [NodeID: Int]

    init(nodes: [NodeID], faults: FaultPlan, seed: UInt64, start: Moment) {
        self.nodes = nodes
        self.numbers = Dictionary(
            uniqueKeysWithValues: nodes.enumerated().map { ($0.element, $0.offset) }
        )
        self.start = start
        self.state = Mutex(State(random: SplitMix64(seed: seed), faults: faults))
    }

    /// The address of a node, in a private range so that it belongs to no real network.
    func address(of node: Int) -> String {
        let peer = PeerID(ed25519: self.nodes[node].publicKey)
        return "/ip4/10.0.\(node / 250).\(node % 250 + 1)/tcp/9090/p2p/\(peer)"
    }

    // MARK: The driver's side

    /// When the next event is due.
    var nextEvent: Moment? { self.state.withLock { $0.events.min?.at } }

    /// The shortest time that anything sent by a node takes to reach another one.
    var lookahead: Duration { self.state.withLock { $0.faults.latencyLeast } }

    /// Takes the events before a moment, in their order; peers without a kernel deal with theirs.
    ///
    /// - Returns: what is for nodes.
    func take(before horizon: Moment) -> [SimulatedDelivery] {
        var deliveries: [SimulatedDelivery] = []
        while let (event, signals, end) = self.state.withLock({ $0.takeNext(before: horizon) }) {
            switch end {
            case .node(let inlet):
                deliveries.append(
                    SimulatedDelivery(
                        at: event.at,
                        node: event.node,
                        signals: signals,
                        inlet: inlet
                    )
                )
            case .light(let peer):
                for signal in signals { peer.receive(signal, at: event.at) }
            case nil: break
            }
        }
        return deliveries
    }

    /// Digest over every event delivered so far, in order.
    var traceHash: Bytes32 {
        self.state.withLock { state in
            let copy = state.trace
            return copy.finalize()
        }
    }

    /// Events delivered so far.
    var delivered: UInt64 { self.state.withLock { $0.delivered } }

    /// From now on a node says something else than its kernel; nil lets it be honest again.
    func tamper(with node: Int, _ tamperer: Tamperer?) {
        self.state.withLock { $0.tamperers[node] = tamperer }
    }

    /// Adds a peer without a kernel under a number that no node has.
    func add(_ peer: LightPeer, as number: Int) {
        self.state.withLock { $0.ends[number] = .light(peer) }
    }

    // MARK: The nodes' side

    func started(_ node: Int, _ inlet: Inlet<TransportSignal>, at moment: Moment) {
        self.state.withLock { $0.ends[node] = .node(inlet) }
        self.schedule(.listening([self.address(of: node)]), to: node, at: moment)
    }

    /// A node is gone, for a while or to build itself anew: its connections end, and what was on its way
    /// to it is lost.
    func left(_ node: Int, at now: Moment) {
        let (peers, askers) = self.state.withLock { $0.forget(node) }
        for peer in peers {
            let reason = "the other side is gone"
            self.schedule(
                .disconnected(peer: self.nodes[node], reason: reason),
                to: peer,
                from: node,
                at: now.advanced(by: self.latency())
            )
        }
        for exchange in askers {
            self.schedule(
                .exchangeFailed(token: exchange.token, reason: "the connection ended"),
                to: exchange.asker,
                from: node,
                at: now.advanced(by: self.latency())
            )
        }
    }

    func connected(_ node: Int, _ peer: NodeID) -> Int? {
        guard let target = self.numbers[peer] else { return nil }
        let link = Link(from: node, to: target)
        return self.state.withLock { $0.connections.contains(link) } ? target : nil
    }

    func latency() -> Duration { self.state.withLock { $0.latency() } }

    func schedule(
        _ signal: TransportSignal,
        to node: Int,
        from sender: Int? = nil,
        at moment: Moment,
        keepsOrder: Bool = true
    ) {
        self.state.withLock { state in
            var at = moment
            if let sender, keepsOrder {
                let link = Link(from: sender, to: node)
                at = max(at, state.lastArrival[link] ?? at)
                state.lastArrival[link] = at
            }
            state.order += 1
            state.signals[state.order] = [signal]
            state.events.insert(SimulatedEvent(at: at, order: state.order, node: node))
        }
    }
}

extension SimulatedNetwork.State {
    mutating func latency() -> Duration {
        let least = self.faults.latencyLeast
        let spread = (self.faults.latencyMost - least) / .microseconds(1)
        return least + .microseconds(Int64(self.random.index(below: max(Int(spread), 0) + 1)))
    }

    /// Whether a node answers dials; a peer without a kernel only dials out.
    func listens(_ node: Int) -> Bool {
        if case .node = self.ends[node] { true } else { false }
    }

    /// Adds a frame to those that left for the same peer at the same moment and are still under way.
    mutating func board(
        _ signal: TransportSignal,
        on link: SimulatedNetwork.Link,
        at now: Moment
    ) -> Bool {
        guard let train = self.trains[link], train.leftAt == now,
            self.signals[train.order] != nil
        else { return false }
        self.signals[train.order]?.append(signal)
        return true
    }

    /// Ends what a node has to do with others.
    ///
    /// - Returns: who was connected to it, and the questions that it leaves without an answer.
    fileprivate mutating func forget(_ node: Int) -> ([Int], [SimulatedNetwork.Exchange]) {
        self.ends[node] = nil
        let peers = self.connections.filter { $0.from == node }.map(\.to).sorted()
        self.connections = self.connections.filter { $0.from != node && $0.to != node }
        for event in self.events.unordered where event.node == node {
            self.signals[event.order] = nil
        }
        let unanswered = self.exchanges.sorted { $0.key < $1.key }.map(\.value)
            .filter { $0.answerer == node && $0.asker != node }
        self.exchanges = self.exchanges.filter {
            $0.value.answerer != node && $0.value.asker != node
        }
        return (peers, unanswered)
    }

    fileprivate mutating func takeNext(before horizon: Moment)
        -> (SimulatedEvent, [TransportSignal], SimulatedNetwork.End?)?
    {
        guard let next = self.events.min, next.at < horizon, let event = self.events.popMin() else {
            return nil
        }
        let signals = self.signals.removeValue(forKey: event.order) ?? []
        self.trace.update(Array("\(event.at.nanoseconds) \(event.node) ".utf8))
        for signal in signals { self.trace.update(signal.traceBytes) }
        self.delivered += UInt64(signals.count)
        return (event, signals, self.ends[event.node])
    }
}

extension TransportSignal {
    /// What the trace hash covers.
    fileprivate var traceBytes: [UInt8] {
        switch self {
        case .listening(let addresses): Array("listening \(addresses)".utf8)
        case .reachability(let isReachable): Array("reachable \(isReachable)".utf8)
        case .heard(let word): Array("heard \(word.source) \(word.peer) \(word.addresses)".utf8)
        case .connected(let peer, _, let isOutbound): Array("connected \(peer) \(isOutbound)".utf8)
        case .addressChanged(let peer, let address): Array("moved \(peer) \(address)".utf8)
        case .disconnected(let peer, let reason): Array("disconnected \(peer) \(reason)".utf8)
        case .dialFailed(let address, _): Array("dial failed \(address)".utf8)
        case .ownKeyMet(let address, _): Array("own key \(address ?? "")".utf8)
        case .gossipReady(let peer, let id, _): Array("gossip \(peer) \(id)".utf8)
        case .gossipStreamReset(let peer, let largest): Array("reset \(peer) \(largest)".utf8)
        case .gossipFrame(let peer, let frame): Array("frame \(peer) ".utf8) + frame
        case .exchangeRequested(_, let peer, let id, let frame):
            Array("request \(peer) \(id) ".utf8) + frame
        case .exchangeAnswered(let token, let frame): Array("answer \(token) ".utf8) + frame
        case .exchangeFailed(let token, let reason): Array("failed \(token) \(reason)".utf8)
        }
    }
}
