import Gossip
import GossipSub
import Kernel
import Messages
import Primitives
import Synchronization

// What nodes and peers without a kernel do to the network.
extension SimulatedNetwork {
    /// Does what an end wants, as of the moment at which it wanted it.
    func perform(_ call: NetworkCall, of node: Int) {
        switch call.deed {
        case .dial(let address): self.dial(address, from: node, at: call.at)
        case .disconnect(let peer, let reason):
            self.disconnect(peer, from: node, reason: reason, at: call.at)
        case .send(let frame, let peer): self.sendGossip(frame, from: node, to: peer, at: call.at)
        case .ask(let question): self.openExchange(question, from: node, at: call.at)
        case .answer(let id, let frame): self.answerExchange(id, frame: frame, at: call.at)
        }
    }

    private func dial(_ address: String, from node: Int, at now: Moment) {
        let target = AddressBook.node(in: address).flatMap { self.numbers[$0] }
        guard let target, target != node, !self.isHeldBack(node, target, at: now),
            !self.isHeldBack(target, node, at: now),
            self.state.withLock({ $0.listens(target) })
        else {
            let reason = "no route to host"
            self.schedule(
                .dialFailed(address: address, reason: reason),
                to: node,
                at: now.advanced(by: .seconds(1))
            )
            return
        }
        let isNew = self.state.withLock { state in
            state.connections.insert(Link(from: target, to: node))
            return state.connections.insert(Link(from: node, to: target)).inserted
        }
        guard isNew else { return }
        self.connect(node, target, isOutbound: true, at: now)
        self.connect(target, node, isOutbound: false, at: now)
    }

    private func connect(_ node: Int, _ peer: Int, isOutbound: Bool, at now: Moment) {
        let arrival = now.advanced(by: self.latency())
        let address = self.address(of: peer)
        let connected = TransportSignal.connected(
            peer: self.nodes[peer],
            address: address,
            isOutbound: isOutbound
        )
        self.schedule(connected, to: node, from: peer, at: arrival)
        let ready = TransportSignal.gossipReady(
            peer: self.nodes[peer],
            protocolID: GossipSubProtocol.newest,
            isOutbound: isOutbound
        )
        self.schedule(ready, to: node, from: peer, at: arrival)
    }

    private func disconnect(_ peer: NodeID, from node: Int, reason: String, at now: Moment) {
        guard let target = self.numbers[peer] else { return }
        let wasConnected = self.state.withLock { state in
            state.connections.remove(Link(from: target, to: node))
            return state.connections.remove(Link(from: node, to: target)) != nil
        }
        guard wasConnected else { return }
        let here = TransportSignal.disconnected(peer: peer, reason: reason)
        self.schedule(here, to: node, at: now)
        let there = TransportSignal.disconnected(
            peer: self.nodes[node],
            reason: "closed by the other side"
        )
        self.schedule(there, to: target, from: node, at: now.advanced(by: self.latency()))
    }

    private func sendGossip(_ frame: [UInt8], from node: Int, to peer: NodeID, at now: Moment) {
        guard let target = self.connected(node, peer),
            let fate = self.fate(from: node, to: target, at: now),
            let rpc = AddressBook.withoutLengthPrefix(frame),
            self.state.withLock({ $0.tamperers[node] })?.passes(rpc) ?? true
        else { return }
        let signal = TransportSignal.gossipFrame(peer: self.nodes[node], frame: rpc)
        if fate.isDuplicated {
            let again = now.advanced(by: self.latency() + self.latency())
            self.schedule(signal, to: target, from: node, at: again, keepsOrder: false)
        }
        if let delay = fate.delay {
            let late = now.advanced(by: self.latency() + delay)
            return self.schedule(signal, to: target, from: node, at: late, keepsOrder: false)
        }
        let link = Link(from: node, to: target)
        if self.state.withLock({ $0.board(signal, on: link, at: now) }) { return }
        self.schedule(signal, to: target, from: node, at: now.advanced(by: self.latency()))
        self.state.withLock { $0.trains[link] = Train(leftAt: now, order: $0.order) }
    }

    private func openExchange(_ question: NetworkCall.Question, from node: Int, at now: Moment) {
        let (token, peer) = (question.token, question.peer)
        guard let target = self.connected(node, peer), !self.isHeldBack(node, target, at: now)
        else {
            let failed = TransportSignal.exchangeFailed(token: token, reason: "not connected")
            self.schedule(failed, to: node, at: now)
            return
        }
        let id = self.state.withLock { state in
            defer { state.nextExchange += 1 }
            let exchange = Exchange(
                asker: node,
                answerer: target,
                token: token,
                question: question.frame
            )
            state.exchanges[state.nextExchange] = exchange
            return state.nextExchange
        }
        self.tell(of: question.protocolID, question.frame, from: node, to: target, at: now)
        let signal = TransportSignal.exchangeRequested(
            id: id,
            peer: self.nodes[node],
            protocolID: question.protocolID,
            frame: question.frame
        )
        self.schedule(signal, to: target, from: node, at: now.advanced(by: self.latency()))
    }

    private func answerExchange(_ id: UInt64, frame: [UInt8]?, at now: Moment) {
        guard let exchange = self.state.withLock({ $0.exchanges.removeValue(forKey: id) }) else {
            return
        }
        // An answer that does not arrive is missed by the time-out of who waits for it.
        guard !self.isHeldBack(exchange.answerer, exchange.asker, at: now) else { return }
        guard let frame else {
            let refused = TransportSignal.exchangeFailed(
                token: exchange.token,
                reason: "refused by the peer"
            )
            return self.answer(refused, on: exchange, at: now)
        }
        self.tell(of: nil, frame, from: exchange.answerer, to: exchange.asker, at: now)
        guard let tamperer = self.state.withLock({ $0.tamperers[exchange.answerer] }) else {
            let answer = TransportSignal.exchangeAnswered(token: exchange.token, frame: frame)
            return self.answer(answer, on: exchange, at: now)
        }
        guard let told = tamperer.answer(frame, on: exchange, at: now) else { return }
        // On a stream of its own it keeps nothing waiting that is said after it.
        self.schedule(
            .exchangeAnswered(token: exchange.token, frame: told),
            to: exchange.asker,
            at: now.advanced(by: self.latency() + tamperer.tampering.delay)
        )
    }

    private func answer(_ signal: TransportSignal, on exchange: Exchange, at now: Moment) {
        self.schedule(
            signal,
            to: exchange.asker,
            from: exchange.answerer,
            at: now.advanced(by: self.latency())
        )
    }

    private func tell(of protocolID: String?, _ frame: [UInt8], from: Int, to: Int, at now: Moment)
    {
        guard let tap = self.state.withLock({ $0.tap }) else { return }
        let elapsed = now.duration(since: self.start)
        tap(OverheardFrame(at: elapsed, from: from, to: to, protocolID: protocolID, frame: frame))
    }
}
