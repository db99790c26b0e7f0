import Cryptography
import Logging
import Multiformats
import MultistreamSelect
import NIOCore
import Yamux

/// Drives one connection on its event loop: the link's layers, then its streams.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let swarm: Swarm
    private let isOutbound: Bool
    private let dialled: Multiaddr?
    private var link: Link
    private var streams: [YamuxStreamID: StreamState] = [:]
    private var frameStream: YamuxStreamID?
    private var context: ChannelHandlerContext?
    private var connection: Connection?
    private var reason = "the peer closed the connection"

    init(swarm: Swarm, dialled: Multiaddr?) {
        self.swarm = swarm
        self.dialled = dialled
        self.isOutbound = dialled != nil
        self.link = Link(
            isOutbound: dialled != nil,
            identity: swarm.configuration.identity,
            expectedPeer: dialled?.peerID,
            staticSecret: SecureRandom.bytes(32),
            ephemeralSecret: SecureRandom.bytes(32)
        )
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        self.flush()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: SwarmLimits.upgradeTimeout) {
            if bound.value.connection == nil {
                bound.value.close("it was not ready within \(SwarmLimits.upgradeTimeout)")
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(self.unwrapInboundIn(data).readableBytesView)
        do {
            let events = try self.link.receive(bytes)
            for event in events { self.handle(event) }
        } catch {
            self.flush()
            self.close("\(error)")
            return
        }
        self.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        for state in self.streams.values { self.failExchange(state, self.reason) }
        self.streams = [:]
        if let connection = self.connection {
            self.swarm.ended(connection, reason: self.reason)
        } else if let dialled = self.dialled {
            self.swarm.delegate.dialFailed(dialled, reason: self.reason)
        }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Who does not read what we write is not read from either.
        self.setReading(context.channel.isWritable && !self.swarm.isPaused)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.close("\(error)") }

    // MARK: For the swarm

    func close(_ reason: String) {
        self.reason = reason
        self.context?.close(promise: nil)
    }

    func setReading(_ isReading: Bool) {
        _ = self.context?.channel.setOption(.autoRead, value: isReading)
        if isReading { self.context?.read() }
    }

    /// Opens the stream that carries frames to the peer.
    func openFrameStream() {
        let dialer = MultistreamDialer(protocols: self.swarm.configuration.longLivedProtocols)
        self.frameStream = self.open(.offering(dialer, .frames))
        self.flush()
    }

    func send(frame: [UInt8]) {
        guard let id = self.frameStream, case .framesOut? = self.streams[id] else { return }
        let pending = self.link.withMuxer { $0.pendingBytes(on: id) } ?? 0
        guard pending + frame.count <= SwarmLimits.pendingFrameBytesMax else { return }
        self.write(frame, on: id)
        self.flush()
    }

    func openExchange(token: UInt64, protocolID: String, request: [UInt8]) {
        let purpose = StreamState.Purpose.exchange(token: token, request: request)
        let state = StreamState.offering(MultistreamDialer(protocols: [protocolID]), purpose)
        if self.open(state) == nil {
            self.swarm.delegate.exchangeFailed(token: token, reason: "no stream can be opened")
        }
        self.flush()
    }

    func answer(_ stream: YamuxStreamID, id: UInt64, _ answer: [UInt8]?) {
        guard case .answering(id)? = self.streams[stream] else { return }
        if let answer {
            self.write(ExchangeReader.frame(answer), on: stream)
            self.closeWrite(stream)
        } else {
            self.reset(stream)
        }
        self.flush()
    }

    // MARK: Streams

    private func handle(_ event: Link.Event) {
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
        case .muxer(.reset(let id)), .muxer(.closed(let id)): self.forget(id)
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
        self.swarm.began(connection)
    }

    private func open(_ state: StreamState) -> YamuxStreamID? {
        guard case .offering(var dialer, let purpose) = state,
            let id = self.link.withMuxer({ $0.openStream() }) ?? nil
        else { return nil }
        self.write(dialer.start(), on: id)
        self.streams[id] = .offering(dialer, purpose)
        self.limitTime(of: id)
        return id
    }

    private func limitTime(of id: YamuxStreamID) {
        guard let context = self.context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: SwarmLimits.exchangeTimeout) {
            guard let state = bound.value.streams[id], !state.isLongLived else { return }
            bound.value.failExchange(state, "no answer within \(SwarmLimits.exchangeTimeout)")
            bound.value.reset(id)
            bound.value.flush()
        }
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
        case .request(let name, var reader):
            let request = try reader.receive(bytes)
            self.streams[id] = .request(protocolID: name, reader)
            if let request { self.requested(name, request, id) }
        case .answer(let token, var reader):
            let answer = try reader.receive(bytes)
            self.streams[id] = .answer(token: token, reader)
            if let answer {
                self.streams[id] = .finished
                self.swarm.delegate.exchangeAnswered(token: token, answer: answer)
            }
        case .framesIn(var reader):
            self.streams[id] = .finished
            let frames = try reader.receive(bytes)
            self.streams[id] = .framesIn(reader)
            guard let peer = self.connection?.peer else { return }
            for frame in frames { self.swarm.delegate.received(frame: frame, from: peer) }
        case .echo: self.write(bytes, on: id)
        case .answering: throw FramingError.unsolicited
        case .framesOut, .finished: break
        }
    }

    /// A peer chose what its stream is for.
    private func chosen(_ name: String, on id: YamuxStreamID) {
        let configuration = self.swarm.configuration
        if configuration.exchangeProtocols.contains(name) {
            self.streams[id] = .request(protocolID: name, ExchangeReader())
        } else if configuration.longLivedProtocols.contains(name) {
            self.streams[id] = .framesIn(FrameReader(limit: SwarmLimits.frameBytesMax))
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

    private func offered(
        _ outcome: MultistreamOutcome?,
        _ purpose: StreamState.Purpose,
        _ id: YamuxStreamID
    ) throws {
        switch (outcome, purpose) {
        case (.selected(_, let leftover)?, .exchange(let token, let request)):
            self.streams[id] = .answer(token: token, ExchangeReader())
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
        case .answering: break
        case .finished, .echo, .framesIn: self.closeWrite(id)
        case let state?:
            self.failExchange(state, "the peer closed the stream without an answer")
            self.reset(id)
        case nil: break
        }
    }

    private func forget(_ id: YamuxStreamID) {
        if let state = self.streams.removeValue(forKey: id) {
            self.failExchange(state, "the peer reset the stream")
        }
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

    private func failExchange(_ state: StreamState, _ reason: String) {
        guard let token = state.token else { return }
        self.swarm.delegate.exchangeFailed(token: token, reason: reason)
    }

    // MARK: Writing

    private func write(_ bytes: [UInt8], on id: YamuxStreamID) {
        if !bytes.isEmpty { _ = self.link.withMuxer { $0.send(bytes, on: id) } }
    }

    private func closeWrite(_ id: YamuxStreamID) {
        let isForgotten = self.link.withMuxer { $0.closeWrite(id) } ?? true
        if isForgotten { self.streams[id] = nil }
    }

    private func reset(_ id: YamuxStreamID) {
        _ = self.link.withMuxer { $0.reset(id) }
        self.streams[id] = nil
    }

    private func flush() {
        guard let context = self.context else { return }
        let bytes = self.link.takeOutput()
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(
            self.wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)),
            promise: nil
        )
    }
}
