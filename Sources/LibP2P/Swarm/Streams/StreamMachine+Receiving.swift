import Multiformats
import MultistreamSelect
import Relay
import Yamux

// What comes in on a stream, and what it is for once both sides agree.
extension StreamMachine {
    mutating func received(_ bytes: [UInt8], on id: YamuxStreamID) {
        guard let state = self.state(of: id) else { return }
        do {
            try self.advance(state, bytes, id)
        } catch {
            self.breakOff(state, "the stream broke off: \(error)", id)
        }
    }

    /// Gives a stream up and tells the caller that waits for it, if any.
    mutating func breakOff(_ state: StreamState, _ reason: String, _ id: YamuxStreamID) {
        self.abandon(state, reason, on: id)
        self.reset(id)
    }

    private mutating func advance(
        _ state: StreamState,
        _ bytes: [UInt8],
        _ id: YamuxStreamID
    ) throws {
        switch state {
        case .choosing(let listener): try self.choose(listener, bytes, id)
        case .offering(let dialer, let purpose): try self.offer(dialer, purpose, bytes, id)
        case .request(let name, let reader):
            guard let request = try reader.receive(bytes) else { return }
            self.set(.answering(nil), on: id)
            self.emit(.exchange(.requested(protocolID: name, request: request, on: id)))
        case .answer(let token, let reader):
            guard let answer = try reader.receive(bytes) else { return }
            self.finish(id)
            self.emit(.exchange(.answered(token: token, answer)))
        case .framesIn(let reader): try self.receivedFrames(reader, bytes, id)
        case .message(let reader, let awaited):
            if let (message, rest) = try reader.receiveFirst(bytes) {
                try self.arrived(message, rest, awaited, on: id)
            }
        case .bridge(let bridge): self.emit(.relay(.pass(bytes, bridge, on: id)))
        case .circuit: self.emit(.circuit(.received(bytes, on: id)))
        case .echo:
            guard self.pendingBytes(on: id) + bytes.count <= SwarmLimits.echoBytesMax else {
                throw FramingError.unread
            }
            self.write(bytes, on: id)
        case .answering, .diallingBack, .calling: throw FramingError.unsolicited
        case .framesOut, .answered, .finished: break
        }
    }

    // MARK: Streams of the peer

    private mutating func choose(
        _ listener: MultistreamListener,
        _ bytes: [UInt8],
        _ id: YamuxStreamID
    ) throws {
        var listener = listener
        let outcome = try listener.receive(bytes[...])
        self.write(listener.takeOutput(), on: id)
        self.set(.choosing(listener), on: id)
        if case .selected(let name, let leftover)? = outcome {
            self.chosen(name, on: id)
            self.later(leftover, on: id)
        }
    }

    /// The peer chose what its stream is for.
    private mutating func chosen(_ name: String, on id: YamuxStreamID) {
        guard let peer = self.peer else { return }
        if let awaited = StreamState.Awaited(of: name) {
            guard self.budgets.maySend(awaited, at: self.now) else { return self.reset(id) }
            return self.expect(awaited, on: id)
        }
        if self.terms.exchangeProtocols.contains(name) {
            let others = self.count { if case .request = $0 { true } else { false } }
            guard others < SwarmLimits.requestsBeingReadMax else { return self.reset(id) }
            self.set(.request(protocolID: name, self.exchangeReader(peer.readBudget)), on: id)
        } else if self.terms.longLivedProtocols.contains(name) {
            // Each may hold a frame of 8 MiB, so there is one a connection.
            if let former = self.frames.accept(id) { self.reset(former) }
            self.unlimitTime(of: id)
            let reader = FrameReader(limit: SwarmLimits.frameBytesMax, peer.readBudget)
            self.set(.framesIn(reader), on: id)
        } else if name == Ping.protocolID {
            let others = self.count { if case .echo = $0 { true } else { false } }
            guard others < SwarmLimits.echoStreamsMax else { return self.reset(id) }
            self.set(.echo, on: id)
        } else {
            self.emit(.message(.tellIdentity(on: id)))
        }
    }

    private func exchangeReader(_ budget: ByteBudget) -> ExchangeReader {
        ExchangeReader(limit: self.terms.exchangeBytesMax, budget)
    }

    // MARK: Streams of this host

    private mutating func offer(
        _ dialer: MultistreamDialer,
        _ purpose: StreamState.Purpose,
        _ bytes: [UInt8],
        _ id: YamuxStreamID
    ) throws {
        var dialer = dialer
        let outcome = try dialer.receive(bytes[...])
        self.write(dialer.takeOutput(), on: id)
        self.set(.offering(dialer, purpose), on: id)
        switch outcome {
        case .selected(let name, let leftover)?:
            self.agreed(name, purpose, id)
            // The peer may not write on a stream for this host's frames, nor answer its news.
            if purpose.hasAnswer { self.later(leftover, on: id) }
        case .refused?: throw LinkError.refused("the protocol of this stream")
        case nil: break
        }
    }

    private mutating func agreed(
        _ name: String,
        _ purpose: StreamState.Purpose,
        _ id: YamuxStreamID
    ) {
        switch purpose {
        case .exchange(let token, let request, let staysOpen):
            guard let peer = self.peer else { return }
            self.set(.answer(token: token, self.exchangeReader(peer.readBudget)), on: id)
            self.write(ExchangeReader.frame(request), on: id)
            if !staysOpen { self.closeWrite(id) }
        case .frames:
            self.set(.framesOut, on: id)
            self.emit(.frames(.ready(protocolID: name)))
            self.settleFrames()
        case .question(let question): self.pose(question, on: id)
        case .push: self.emit(.message(.tellIdentity(on: id)))
        }
    }

    // MARK: Ends

    /// The peer sends nothing more on a stream.
    mutating func remoteClosed(_ id: YamuxStreamID) {
        switch self.state(of: id) {
        // A peer that only listens on a stream may close its half early.
        case .answering, .answered, .framesOut, .diallingBack: break
        case .bridge(let bridge): self.inputClosed(of: bridge, on: id)
        case .finished, .echo, .framesIn: self.closeWrite(id)
        case let state?:
            self.breakOff(state, "the peer closed the stream without an answer", id)
        case nil: break
        }
    }

    /// The peer ended a stream before its time.
    mutating func wasReset(_ id: YamuxStreamID) {
        // Resetting a stream of ours is the peer's way to refuse it, and resetting an answered one its
        // way to leave: the daemons of go-libp2p do. What counts is work asked for and given up.
        var isAnswered = false
        if case .answered? = self.state(of: id) { isAnswered = true }
        if self.isByPeer(id), !isAnswered, !self.budgets.mayReset(at: self.now) {
            self.close("it opens and resets too many streams")
        }
        if id == self.frames.outbound, self.frames.largest > 0 {
            self.emit(.frames(.reset(largest: self.frames.largest)))
        }
        self.forget(id)
    }

    /// Both sides are done with a stream.
    mutating func forget(_ id: YamuxStreamID) {
        if let state = self.drop(id) { self.abandon(state, "the peer reset the stream", on: id) }
        self.frames.ended(id)
        if id == self.frames.outbound, !self.closing.isRetiring { self.emit(.frames(.lost)) }
    }

    /// Tells the caller that waits for a stream, if any, that it brings nothing more.
    mutating func abandon(_ state: StreamState, _ reason: String, on id: YamuxStreamID) {
        if let token = state.token {
            self.emit(.exchange(.failed(token: token, reason: reason)))
        }
        if let question = state.question { self.unanswered(question, reason) }
        switch state {
        case .calling(let circuit): self.emit(.relay(.ended(circuit)))
        case .bridge(let bridge):
            self.emit(.relay(.ended(bridge.circuit)))
            if !bridge.isDone { self.emit(.relay(.reset(bridge.other))) }
        case .circuit: self.emit(.circuit(.ended(id)))
        default: break
        }
    }
}
