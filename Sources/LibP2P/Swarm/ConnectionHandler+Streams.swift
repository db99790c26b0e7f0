import Multiformats
import MultistreamSelect
import NIOCore
import Yamux

// The streams of a connection: what each is for, and what comes in on it.
extension ConnectionHandler {
    func handle(_ event: Link.Event) {
        switch event {
        case .running(let peer): self.running(peer)
        case .muxer(.opened(let id)): self.opened(id)
        case .muxer(.data(let id, let bytes)):
            if self.streams[id]?.isCarrying != true { self.consumed(bytes.count, on: id) }
            self.received(bytes, on: id)
        case .muxer(.remoteClosed(let id)): self.remoteClosed(id)
        case .muxer(.reset(let id)): self.wasReset(id)
        case .muxer(.closed(let id)): self.forget(id)
        case .muxer(.goAway(0)): self.retire()
        case .muxer(.goAway(let code)): self.close("the peer gave the connection up, code \(code)")
        case .muxer(.writable(let id)): self.windowGrew(on: id)
        case .muxer(.pong): break
        }
    }

    private func running(_ peer: PeerID) {
        guard let carrier = self.carrier,
            let address = self.dial?.address ?? carrier.address?.with(peer: peer)
        else { return }
        let connection = Connection(
            id: self.id,
            peer: peer,
            address: address.with(peer: peer),
            isOutbound: self.dial?.isOutbound ?? false,
            isLimited: carrier.isLimited,
            isAskedFor: self.dial?.isAskedFor ?? false,
            handler: NIOLoopBound(self, eventLoop: carrier.eventLoop),
            courier: self.swarm.courier(of: carrier.eventLoop)
        )
        self.connection = connection
        self.swarm.began(connection)
        self.watch()
        if self.swarm.isPaused { self.setReading(false) }
    }

    private func opened(_ id: YamuxStreamID) {
        guard self.swarm.openedStream(on: self.id) else {
            _ = self.link.withMuxer { $0.reset(id) }
            return
        }
        let listener = MultistreamListener(supported: self.offeredProtocols)
        self.streams[id] = .choosing(listener)
        self.limitTime(of: id, to: self.swarm.configuration.exchangeTimeout)
    }

    func open(_ state: StreamState) -> YamuxStreamID? {
        guard !self.hasEnded, !self.isRetiring, case .offering(var dialer, let purpose) = state,
            let id = self.link.withMuxer({ $0.openStream() }) ?? nil
        else { return nil }
        self.write(dialer.start(), on: id)
        self.streams[id] = .offering(dialer, purpose)
        self.limitTime(of: id, to: self.swarm.configuration.exchangeTimeout)
        return id
    }

    func limitTime(of id: YamuxStreamID, to span: TimeAmount) {
        self.deadlines.set(.now() + span, for: id)
        self.scheduleSweep()
    }

    /// Looks for late streams when the first one can be late.
    private func scheduleSweep() {
        guard let carrier = self.carrier, let next = self.deadlines.next else { return }
        if let sweep = self.sweep {
            guard next < sweep.deadline else { return }
            sweep.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let task = carrier.eventLoop.scheduleTask(deadline: next) {
            bound.value.sweep = nil
            bound.value.resetLate()
            bound.value.scheduleSweep()
        }
        self.sweep = (next, task)
    }

    private func resetLate() {
        for id in self.deadlines.takeLate(at: .now()) {
            guard let state = self.streams[id], !state.isLongLived else { continue }
            self.abandon(state, "no answer in time")
            self.reset(id)
            if id == self.inboundFrameStream { self.inboundFrameStream = nil }
        }
        self.flush()
    }

    /// The peer ended a stream before its time.
    private func wasReset(_ id: YamuxStreamID) {
        // Resetting a stream of ours is the peer's way to refuse it, and resetting an answered one its
        // way to leave: the daemons of go-libp2p do. What counts is work asked for and given up.
        var isAnswered = false
        if case .answered? = self.streams[id] { isAnswered = true }
        if self.isByPeer(id), !isAnswered, !self.resets.note(at: .now()) {
            self.close("it opens and resets too many streams")
        }
        if id == self.frameStream, self.largestFrame > 0, let peer = self.connection?.peer {
            self.swarm.delegate.frameStreamReset(peer, largestFrame: self.largestFrame)
        }
        self.forget(id)
    }

    func received(_ bytes: [UInt8], on id: YamuxStreamID) {
        guard let state = self.streams[id] else { return }
        do {
            try self.advance(state, bytes, id)
        } catch {
            self.abandon(state, "the stream broke off: \(error)")
            self.reset(id)
        }
    }

    private func advance(_ state: StreamState, _ bytes: [UInt8], _ id: YamuxStreamID) throws {
        switch state {
        case .choosing(var listener):
            let outcome = try listener.receive(bytes[...])
            self.write(listener.takeOutput(), on: id)
            self.streams[id] = .choosing(listener)
            if case .selected(let name, let leftover)? = outcome {
                self.chosen(name, on: id)
                if !leftover.isEmpty { self.received(leftover, on: id) }
            }
        case .offering(var dialer, let purpose):
            let outcome = try dialer.receive(bytes[...])
            self.write(dialer.takeOutput(), on: id)
            self.streams[id] = .offering(dialer, purpose)
            try self.offered(outcome, purpose, id)
        case .request(let name, let reader):
            if let request = try reader.receive(bytes) { self.requested(name, request, id) }
        case .answer(let token, let reader):
            if let answer = try reader.receive(bytes) {
                self.finish(id)
                self.swarm.delegate.exchangeAnswered(token: token, answer: answer)
            }
        case .framesIn(let reader):
            let wasAtStart = reader.isAtStart
            let frames = try reader.receive(bytes)
            self.limitFrame(of: reader, id, isNew: wasAtStart || !frames.isEmpty)
            try self.take(frames)
        case .message(let reader, let awaited):
            if let (message, rest) = try reader.receiveFirst(bytes) {
                try self.arrived(message, rest, awaited, on: id)
            }
        case .bridge(let bridge): self.carry(bytes, over: bridge, from: id)
        case .circuit(let carrier): carrier.received(bytes)
        case .echo:
            guard self.pendingBytes(on: id) + bytes.count <= SwarmLimits.echoBytesMax else {
                throw FramingError.unread
            }
            self.write(bytes, on: id)
        case .answering, .diallingBack, .calling: throw FramingError.unsolicited
        case .framesOut, .answered, .finished: break
        }
    }

    /// A frame that has begun has to be whole in time; between frames a stream may be silent.
    private func limitFrame(of reader: FrameReader, _ id: YamuxStreamID, isNew: Bool) {
        if reader.isAtStart {
            self.deadlines.remove(id)
        } else if isNew {
            self.limitTime(of: id, to: self.swarm.configuration.frameTimeout)
        }
    }

    private func requested(_ name: String, _ request: [UInt8], _ id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        let number = self.swarm.register(connection, id)
        self.streams[id] = .answering(number)
        self.swarm.delegate.exchangeRequested(
            id: number,
            peer: connection.peer,
            protocolID: name,
            request: request
        )
    }

    private func remoteClosed(_ id: YamuxStreamID) {
        switch self.streams[id] {
        // Who only listens on a stream may say so early.
        case .answering, .answered, .framesOut, .diallingBack: break
        case .bridge(let bridge): self.inputClosed(of: bridge)
        case .finished, .echo, .framesIn: self.closeWrite(id)
        case let state?:
            self.abandon(state, "the peer closed the stream without an answer")
            self.reset(id)
        case nil: break
        }
    }

    private func forget(_ id: YamuxStreamID) {
        if let state = self.drop(id) {
            self.abandon(state, "the peer reset the stream")
        }
        if id == self.inboundFrameStream { self.inboundFrameStream = nil }
        guard id == self.frameStream, !self.isRetiring, self.swarm.isPrimary(self.connection) else {
            return
        }
        self.frameStream = nil
        self.reopenFrameStream()
    }

    /// A peer that reset the stream may have restarted its router: try once a second.
    private func reopenFrameStream() {
        guard let carrier = self.carrier else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        carrier.eventLoop.scheduleTask(in: .seconds(1)) {
            if bound.value.frameStream == nil { bound.value.openFrameStream() }
        }
    }

    /// Tells whoever waits for a stream that it brings nothing more.
    func abandon(_ state: StreamState, _ reason: String) {
        if let token = state.token {
            self.swarm.delegate.exchangeFailed(token: token, reason: reason)
        }
        if let question = state.question { self.unanswered(question, reason) }
        switch state {
        case .calling(let circuit): self.swarm.circuitEnded(circuit)
        case .bridge(let bridge):
            self.swarm.circuitEnded(bridge.circuit)
            if !bridge.isDone { bridge.other.resetBridge() }
        case .circuit(let carrier): carrier.ended()
        default: break
        }
    }

    /// The peer has window for all that was written on a stream.
    private func windowGrew(on id: YamuxStreamID) {
        switch self.streams[id] {
        case .bridge(let bridge): self.windowGrew(of: bridge, on: id)
        case .circuit(let carrier): carrier.windowGrew()
        default: break
        }
    }
}
