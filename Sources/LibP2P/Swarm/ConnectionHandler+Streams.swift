import Multiformats
import MultistreamSelect
import NIOCore
import Yamux

// The streams of a connection: what each is for, and what comes in on it.
extension ConnectionHandler {
    func handle(_ event: Link.Event) {
        switch event {
        case .running(let peer): self.running(peer)
        case .muxer(.opened(let id)):
            let offered = self.swarm.configuration.offeredProtocols
            self.streams[id] = .choosing(MultistreamListener(supported: offered))
            self.limitTime(of: id)
        case .muxer(.data(let id, let bytes)):
            _ = self.link.withMuxer { $0.consumed(bytes.count, on: id) }
            self.received(bytes, on: id)
        case .muxer(.remoteClosed(let id)): self.remoteClosed(id)
        case .muxer(.reset(let id)): self.wasReset(id)
        case .muxer(.closed(let id)): self.forget(id)
        case .muxer(.goAway): self.close("the peer said goodbye")
        case .muxer(.writable): break
        }
    }

    private func running(_ peer: PeerID) {
        guard let context = self.context else { return }
        let remote = Multiaddr(context.channel.remoteAddress)
        guard let address = self.dialled ?? remote?.with(peer: peer) else { return }
        let connection = Connection(
            peer: peer,
            address: address.with(peer: peer),
            isOutbound: self.isOutbound,
            handler: NIOLoopBound(self, eventLoop: context.eventLoop)
        )
        self.connection = connection
        self.swarm.upgraded(context.channel)
        self.swarm.began(connection)
        if self.swarm.isPaused { self.setReading(false) }
    }

    func open(_ state: StreamState) -> YamuxStreamID? {
        guard !self.hasEnded, case .offering(var dialer, let purpose) = state,
            let id = self.link.withMuxer({ $0.openStream() }) ?? nil
        else { return nil }
        self.write(dialer.start(), on: id)
        self.streams[id] = .offering(dialer, purpose)
        self.limitTime(of: id)
        return id
    }

    private func limitTime(of id: YamuxStreamID) {
        self.deadlines.set(.now() + self.swarm.configuration.exchangeTimeout, for: id)
        self.scheduleSweep()
    }

    /// All streams have the same time, so that the first one opened is the first one late.
    private func scheduleSweep() {
        guard self.sweep == nil, let context = self.context, let next = self.deadlines.next else {
            return
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.sweep = context.eventLoop.scheduleTask(deadline: next) {
            bound.value.sweep = nil
            bound.value.resetLate()
            bound.value.scheduleSweep()
        }
    }

    private func resetLate() {
        let timeout = self.swarm.configuration.exchangeTimeout
        for id in self.deadlines.takeLate(at: .now()) {
            guard let state = self.streams[id], !state.isLongLived else { continue }
            self.failExchange(state, "no answer within \(timeout)")
            self.reset(id)
        }
        self.flush()
    }

    /// The peer ended a stream before its time.
    private func wasReset(_ id: YamuxStreamID) {
        // The initiator's streams are odd; resetting one of ours is the peer's way to refuse it.
        let isInbound = (id.rawValue % 2 == 1) != self.isOutbound
        if isInbound, !self.resets.note(at: .now()) {
            self.close("it opens and resets too many streams")
        }
        self.forget(id)
    }

    private func received(_ bytes: [UInt8], on id: YamuxStreamID) {
        guard let state = self.streams[id] else { return }
        do {
            try self.advance(state, bytes, id)
        } catch {
            self.failExchange(state, "the stream broke off: \(error)")
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
                self.streams[id] = .finished
                self.swarm.delegate.exchangeAnswered(token: token, answer: answer)
            }
        case .framesIn(let reader):
            let frames = try reader.receive(bytes)
            guard let peer = self.connection?.peer else { return }
            for frame in frames { self.swarm.delegate.received(frame: frame, from: peer) }
        case .echo:
            let pending = self.link.withMuxer { $0.pendingBytes(on: id) } ?? 0
            guard pending + bytes.count <= SwarmLimits.echoBytesMax else {
                throw FramingError.unread
            }
            self.write(bytes, on: id)
        case .answering: throw FramingError.unsolicited
        case .framesOut, .finished: break
        }
    }

    /// A peer chose what its stream is for.
    private func chosen(_ name: String, on id: YamuxStreamID) {
        let configuration = self.swarm.configuration
        if configuration.exchangeProtocols.contains(name) {
            guard self.requestsBeingRead < SwarmLimits.requestsBeingReadMax else {
                return self.reset(id)
            }
            self.streams[id] = .request(protocolID: name, ExchangeReader(self.swarm.readBudget))
        } else if configuration.longLivedProtocols.contains(name) {
            // Each may hold a frame of 8 MiB, so there is one a connection.
            if let former = self.inboundFrameStream { self.reset(former) }
            self.inboundFrameStream = id
            self.streams[id] = .framesIn(
                FrameReader(limit: SwarmLimits.frameBytesMax, self.swarm.readBudget)
            )
        } else if name == Ping.protocolID {
            self.streams[id] = .echo
        } else {
            let observed = self.context.flatMap { Multiaddr($0.channel.remoteAddress) }
            let message = Identify.message(
                configuration,
                listening: self.swarm.listening,
                observed: observed
            )
            self.write(message, on: id)
            self.streams[id] = .finished
            self.closeWrite(id)
        }
    }

    private var requestsBeingRead: Int {
        self.streams.values.count { if case .request = $0 { true } else { false } }
    }

    private func offered(
        _ outcome: MultistreamOutcome?,
        _ purpose: StreamState.Purpose,
        _ id: YamuxStreamID
    ) throws {
        switch (outcome, purpose) {
        case (.selected(_, let leftover)?, .exchange(let token, let request)):
            self.streams[id] = .answer(token: token, ExchangeReader(self.swarm.readBudget))
            self.write(ExchangeReader.frame(request), on: id)
            self.closeWrite(id)
            if !leftover.isEmpty { self.received(leftover, on: id) }
        case (.selected(let name, _)?, .frames):
            self.streams[id] = .framesOut
            guard let connection = self.connection else { return }
            self.swarm.delegate.frameStreamReady(
                connection.peer,
                protocolID: name,
                isOutbound: self.isOutbound
            )
        case (.refused?, _): throw LinkError.refused("the protocol of this stream")
        case (nil, _): break
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
        case .answering, .framesOut: break
        case .finished, .echo, .framesIn: self.closeWrite(id)
        case let state?:
            self.failExchange(state, "the peer closed the stream without an answer")
            self.reset(id)
        case nil: break
        }
    }

    private func forget(_ id: YamuxStreamID) {
        if let state = self.drop(id) {
            self.failExchange(state, "the peer reset the stream")
        }
        if id == self.inboundFrameStream { self.inboundFrameStream = nil }
        guard id == self.frameStream, self.swarm.isPrimary(self.connection) else { return }
        self.frameStream = nil
        self.reopenFrameStream()
    }

    /// A peer that reset the stream may have restarted its router: try once a second.
    private func reopenFrameStream() {
        guard let context = self.context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            if bound.value.frameStream == nil { bound.value.openFrameStream() }
        }
    }

    func failExchange(_ state: StreamState, _ reason: String) {
        guard let token = state.token else { return }
        self.swarm.delegate.exchangeFailed(token: token, reason: reason)
    }
}
