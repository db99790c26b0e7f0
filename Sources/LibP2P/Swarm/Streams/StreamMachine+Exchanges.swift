import MultistreamSelect
import Yamux

// Documents that are asked for and answered, and frames.
extension StreamMachine {
    // MARK: Exchanges

    /// Opens a stream and sends one document; the outcome comes under the token.
    ///
    /// This side's half closes behind the request or, when it stays open, behind the answer.
    mutating func openExchange(
        token: UInt64,
        protocolID: String,
        request: [UInt8],
        staysOpen: Bool
    ) {
        guard self.hasRoom(for: request.count, upTo: .everything) else {
            let reason = "the peer takes in too little of what is sent to it"
            return self.emit(.exchange(.failed(token: token, reason: reason)))
        }
        let purpose = StreamState.Purpose.exchange(
            token: token,
            request: request,
            staysOpen: staysOpen
        )
        if self.open([protocolID], for: purpose) == nil {
            let reason = "no stream can be opened"
            self.emit(.exchange(.failed(token: token, reason: reason)))
        }
    }

    /// The request on a stream has this number, which its answer has to name: the peer may take the
    /// same stream for another one.
    mutating func number(_ number: UInt64, on id: YamuxStreamID) {
        guard case .answering(nil)? = self.state(of: id) else { return }
        self.set(.answering(number), on: id)
    }

    /// Answers a request of the peer; nil resets its stream.
    mutating func answer(_ answer: [UInt8]?, to number: UInt64, on id: YamuxStreamID) {
        guard case .answering(let awaited)? = self.state(of: id), awaited == number else { return }
        guard let answer, self.hasRoom(for: answer.count, upTo: .everything) else {
            return self.reset(id)
        }
        self.set(.answered, on: id)
        self.write(ExchangeReader.frame(answer), on: id)
        self.closeWrite(id)
    }

    // MARK: Frames

    /// Whether frames go over this connection at all.
    var carriesFrames: Bool { !self.isLimited || self.terms.framesThroughRelays }

    /// Opens the stream that carries frames to the peer, unless there is one.
    mutating func openFrameStream() {
        guard self.frames.outbound == nil, self.carriesFrames else { return }
        let id = self.open(self.terms.longLivedProtocols, for: .frames)
        self.frames.offer(id)
    }

    /// Lets the stream for frames be opened anew.
    mutating func releaseFrameStream() { self.frames.release() }

    /// Queues a frame; it is dropped without a stream for it, or when too much waits.
    mutating func send(frame: [UInt8]) {
        guard let id = self.frames.outbound, case .framesOut? = self.state(of: id) else { return }
        guard self.hasRoom(for: frame.count, upTo: .frames) else {
            return self.emit(.frames(.dropped(frame.count)))
        }
        self.write(frame, on: id)
        self.frames.sent(frame.count)
        // What fills a message of its own gains nothing by waiting for more.
        if self.outputBytes >= SwarmLimits.writeBytes { self.emit(.flush) }
    }

    mutating func receivedFrames(
        _ reader: FrameReader,
        _ bytes: [UInt8],
        _ id: YamuxStreamID
    ) throws {
        let wasAtStart = reader.isAtStart
        let frames = try reader.receive(bytes)
        // A frame that has begun has to be whole in time; between frames a stream may be silent.
        if reader.isAtStart {
            self.unlimitTime(of: id)
        } else if wasAtStart || !frames.isEmpty {
            self.limitTime(of: id, to: self.terms.frameTimeout)
        }
        guard !frames.isEmpty else { return }
        if self.frames.isSettled {
            self.emit(.frames(.received(frames)))
        } else {
            self.emit(.frames(.early(frames, on: id)))
        }
    }

    /// Keeps early frames until this side's stream is settled when this connection is the one that
    /// carries the peer's frames; others pass at once.
    mutating func take(early frames: [[UInt8]], on id: YamuxStreamID, isPrimary: Bool) {
        guard isPrimary, !self.frames.isSettled else {
            return self.emit(.frames(.received(frames)))
        }
        do {
            try self.frames.keep(frames)
        } catch {
            guard let state = self.state(of: id) else { return }
            self.breakOff(state, "the stream broke off: \(error)", id)
        }
    }

    /// The stream for frames is there, or will not be.
    mutating func settleFrames() {
        let early = self.frames.settle()
        if !early.isEmpty { self.emit(.frames(.received(early))) }
    }
}
