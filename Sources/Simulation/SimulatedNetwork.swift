import Gossip
import GossipSub
import HeapModule
import Kernel
import Messages
import Multiformats
import Primitives
import Synchronization

/// The network between simulated nodes: delays, losses and partitions from one seed.
///
/// Frames between two nodes keep their order, as on a TCP connection.
final class SimulatedNetwork: Sendable {
    fileprivate struct Link: Hashable {
        let from: Int
        let to: Int
    }

    /// Where signals go to: a node's inlet, or a peer without a kernel.
    fileprivate enum End {
        case node(Inlet<TransportSignal>)
        case light(LightPeer)
    }

    /// Frames that left for a peer at one moment and travel together, as in one read of a socket.
    fileprivate struct Train {
        let leftAt: Moment
        let order: UInt64
    }

    fileprivate struct Exchange {
        let asker: Int
        let answerer: Int
        let token: UInt64
    }

    fileprivate struct State {
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
        /// Nothing goes wrong any more.
        var isCalm = false
    }

    private let state: Mutex<State>
    private let clock: ManualClock
    private let start: Moment
    private let faults: FaultPlan
    let nodes: [NodeID]
    private let numbers: [NodeID: Int]

    init(nodes: [NodeID], faults: FaultPlan, seed: UInt64, clock: ManualClock) {
        self.nodes = nodes
        self.numbers = Dictionary(
            uniqueKeysWithValues: nodes.enumerated().map { ($0.element, $0.offset) }
        )
        self.faults = faults
        self.clock = clock
        self.start = clock.now
        self.state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    /// The address of a node, in a private range so that it belongs to no real network.
    func address(of node: Int) -> String {
        let peer = PeerID(ed25519: self.nodes[node].publicKey)
        return "/ip4/10.0.\(node / 250).\(node % 250 + 1)/tcp/9090/p2p/\(peer)"
    }

    // MARK: The driver's side

    /// When the next event is due.
    var nextEvent: Moment? { self.state.withLock { $0.events.min?.at } }

    /// Takes the next event, moves the clock to it and hands it to its node.
    ///
    /// - Returns: the node that has something to do now; nil when it was a peer without a kernel.
    func deliverNext() -> Int? {
        guard let (event, signals, end) = self.state.withLock({ $0.takeNext() }) else { return nil }
        self.clock.set(to: event.at)
        switch end {
        case .node(let inlet):
            for signal in signals { inlet.put(signal) }
            return event.node
        case .light(let peer):
            for signal in signals { peer.receive(signal, now: event.at.timestamp) }
            return nil
        case nil: return nil
        }
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

    /// Splits the network: nodes hear those of their own island alone.
    func divide(_ islands: [[Int]]) {
        let pairs = islands.enumerated().flatMap { island, nodes in nodes.map { ($0, island) } }
        self.state.withLock { $0.islands = Dictionary(pairs) { first, _ in first } }
    }

    /// No partition and no loss from now on.
    func endFaults() {
        self.state.withLock { state in
            state.islands = [:]
            state.isCalm = true
        }
    }

    /// Adds a peer without a kernel under a number that no node has.
    func add(_ peer: LightPeer, as number: Int) {
        self.state.withLock { $0.ends[number] = .light(peer) }
    }

    // MARK: The nodes' side

    func started(_ node: Int, _ inlet: Inlet<TransportSignal>) {
        self.state.withLock { $0.ends[node] = .node(inlet) }
        self.schedule(.listening([self.address(of: node)]), to: node, after: .zero)
    }

    func dial(_ address: String, from node: Int) {
        let target = AddressBook.node(in: address).flatMap { self.numbers[$0] }
        guard let target, target != node, !self.isCut(node, target),
            self.state.withLock({ $0.listens(target) })
        else {
            let reason = "no route to host"
            self.schedule(
                .dialFailed(address: address, reason: reason),
                to: node,
                after: .seconds(1)
            )
            return
        }
        let isNew = self.state.withLock { state in
            state.connections.insert(Link(from: target, to: node))
            return state.connections.insert(Link(from: node, to: target)).inserted
        }
        guard isNew else { return }
        self.connect(node, target, isOutbound: true)
        self.connect(target, node, isOutbound: false)
    }

    private func connect(_ node: Int, _ peer: Int, isOutbound: Bool) {
        let delay = self.latency()
        let address = self.address(of: peer)
        let connected = TransportSignal.connected(
            peer: self.nodes[peer],
            address: address,
            isOutbound: isOutbound
        )
        self.schedule(connected, to: node, from: peer, after: delay)
        let ready = TransportSignal.gossipReady(
            peer: self.nodes[peer],
            protocolID: GossipSubProtocol.newest,
            isOutbound: isOutbound
        )
        self.schedule(ready, to: node, from: peer, after: delay)
    }

    func disconnect(_ peer: NodeID, from node: Int, reason: String) {
        guard let target = self.numbers[peer] else { return }
        let wasConnected = self.state.withLock { state in
            state.connections.remove(Link(from: target, to: node))
            return state.connections.remove(Link(from: node, to: target)) != nil
        }
        guard wasConnected else { return }
        let here = TransportSignal.disconnected(peer: peer, reason: reason)
        self.schedule(here, to: node, after: .zero)
        let there = TransportSignal.disconnected(
            peer: self.nodes[node],
            reason: "closed by the other side"
        )
        self.schedule(there, to: target, from: node, after: self.latency())
    }

    func sendGossip(_ frame: [UInt8], from node: Int, to peer: NodeID) {
        guard let target = self.connected(node, peer), !self.isLost(node, target),
            let rpc = AddressBook.withoutLengthPrefix(frame)
        else { return }
        let signal = TransportSignal.gossipFrame(peer: self.nodes[node], frame: rpc)
        let (link, now) = (Link(from: node, to: target), self.clock.now)
        if self.state.withLock({ $0.board(signal, on: link, at: now) }) { return }
        self.schedule(signal, to: target, from: node, after: self.latency())
        self.state.withLock { $0.trains[link] = Train(leftAt: now, order: $0.order) }
    }

    func openExchange(
        token: UInt64,
        from node: Int,
        to peer: NodeID,
        protocolID: String,
        frame: [UInt8]
    ) {
        guard let target = self.connected(node, peer), !self.isCut(node, target) else {
            let failed = TransportSignal.exchangeFailed(token: token, reason: "not connected")
            self.schedule(failed, to: node, after: .zero)
            return
        }
        let id = self.state.withLock { state in
            defer { state.nextExchange += 1 }
            let exchange = Exchange(asker: node, answerer: target, token: token)
            state.exchanges[state.nextExchange] = exchange
            return state.nextExchange
        }
        let signal = TransportSignal.exchangeRequested(
            id: id,
            peer: self.nodes[node],
            protocolID: protocolID,
            frame: frame
        )
        self.schedule(signal, to: target, from: node, after: self.latency())
    }

    func answerExchange(_ id: UInt64, frame: [UInt8]?) {
        guard let exchange = self.state.withLock({ $0.exchanges.removeValue(forKey: id) }) else {
            return
        }
        let signal =
            frame.map { TransportSignal.exchangeAnswered(token: exchange.token, frame: $0) }
            ?? .exchangeFailed(token: exchange.token, reason: "refused by the peer")
        self.schedule(
            signal,
            to: exchange.asker,
            from: exchange.answerer,
            after: self.latency()
        )
    }

    // MARK: Chance

    private func connected(_ node: Int, _ peer: NodeID) -> Int? {
        guard let target = self.numbers[peer] else { return nil }
        let link = Link(from: node, to: target)
        return self.state.withLock { $0.connections.contains(link) } ? target : nil
    }

    private func isCut(_ one: Int, _ other: Int) -> Bool {
        let (isCalm, isApart) = self.state.withLock { state in
            (state.isCalm, state.islands[one] != state.islands[other])
        }
        let elapsed = self.clock.now.duration(since: self.start)
        return !isCalm && (isApart || self.faults.separates(one, other, at: elapsed))
    }

    private func isLost(_ one: Int, _ other: Int) -> Bool {
        if self.isCut(one, other) { return true }
        return self.state.withLock { state in
            !state.isCalm && state.random.index(below: 1_000) < self.faults.lossPerMille
        }
    }

    private func latency() -> Duration {
        let spread = (self.faults.latencyMost - self.faults.latencyLeast) / .microseconds(1)
        let extra = self.state.withLock { UInt64($0.random.index(below: max(Int(spread), 0) + 1)) }
        return self.faults.latencyLeast + .microseconds(Int64(extra))
    }

    private func schedule(
        _ signal: TransportSignal,
        to node: Int,
        from sender: Int? = nil,
        after delay: Duration
    ) {
        let earliest = self.clock.now.advanced(by: delay)
        self.state.withLock { state in
            var at = earliest
            if let sender {
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
    /// Whether a node answers dials; a peer without a kernel only dials out.
    fileprivate func listens(_ node: Int) -> Bool {
        if case .node = self.ends[node] { true } else { false }
    }

    /// Adds a frame to those that left for the same peer at the same moment and are still under way.
    fileprivate mutating func board(
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

    fileprivate mutating func takeNext()
        -> (SimulatedEvent, [TransportSignal], SimulatedNetwork.End?)?
    {
        guard let event = self.events.popMin() else { return nil }
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
        case .found(let peer, let addresses): Array("found \(peer) \(addresses)".utf8)
        case .identified(let peer, let addresses): Array("identified \(peer) \(addresses)".utf8)
        case .connected(let peer, _, let isOutbound): Array("connected \(peer) \(isOutbound)".utf8)
        case .disconnected(let peer, let reason): Array("disconnected \(peer) \(reason)".utf8)
        case .dialFailed(let address, _): Array("dial failed \(address)".utf8)
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
