/// One side of a yamux connection: many streams over one ordered byte channel.
///
/// A pure state machine. Bytes of the connection go into ``receive(_:)``, which returns what
/// happened; whatever was asked of the session is framed at once and waits in ``takeOutput()``.
///
/// Source: yamux specification (hashicorp/yamux spec.md; libp2p/specs yamux/README.md).
public struct YamuxSession: Sendable {
    /// The payload of a data frame whose end has not arrived.
    struct PartialPayload: Sendable {
        let stream: YamuxStreamID
        let flags: YamuxFlags
        var missing: UInt32
    }

    let role: YamuxRole
    let limits: YamuxLimits
    var streams: [YamuxStreamID: YamuxStream] = [:]
    var output: [UInt8] = []
    /// Bytes of all streams that wait for window.
    var pendingBytes = 0

    /// Bytes of a header that is incomplete, fewer than twelve.
    var header: [UInt8] = []
    var payload: PartialPayload?
    var failure: YamuxError?

    /// The id of the next stream of this side; nil when all are spent.
    var nextID: UInt32?
    /// The highest id the remote side opened; lower ones without a stream are closed or, rarely,
    /// still to come: go-yamux numbers streams before it writes their first frames.
    var highestRemoteID: UInt32 = 0
    var inboundCount = 0
    var outboundCount = 0
    var unacknowledgedCount = 0
    var answerCount = 0
    /// Window beyond the initial one that streams may still be given.
    var spareWindow = YamuxLimits.sessionGrowth
    /// The value of the ping whose answer is awaited.
    var awaitedPing: UInt32?
    var hasSentGoAway = false
    var hasReceivedGoAway = false

    /// Data that may still arrive for forgotten streams: the windows they had left.
    var lateWindow: UInt64 = 0

    /// Starts a session on a new connection; nothing is written until a stream opens.
    public init(role: YamuxRole, limits: YamuxLimits = .standard) {
        self.role = role
        self.limits = limits
        self.nextID = role.firstID
    }

    /// Opens a stream and queues its first frame, a window update of length 0 with SYN.
    ///
    /// Data may be sent before the remote side acknowledges the stream.
    ///
    /// - Returns: nil once either side has sent a go-away, when too many streams are open or
    ///   unacknowledged, when all ids are spent, and after an error.
    public mutating func openStream() -> YamuxStreamID? {
        guard self.failure == nil, !self.hasSentGoAway, !self.hasReceivedGoAway,
            self.outboundCount < self.limits.outboundStreams,
            self.unacknowledgedCount < self.limits.unacknowledgedStreams,
            let number = self.nextID
        else { return nil }
        let (next, isSpent) = number.addingReportingOverflow(2)
        self.nextID = isSpent ? nil : next
        let id = YamuxStreamID(rawValue: number)
        self.streams[id] = YamuxStream(id: id, isAcknowledged: false)
        self.outboundCount += 1
        self.unacknowledgedCount += 1
        self.queue(YamuxHeader(.windowUpdate, .syn, stream: id))
        return id
    }

    /// Queues bytes; what exceeds the peer's window stays pending until it grows.
    ///
    /// Nothing is queued on a stream that is forgotten or whose write side is closed. Memory is
    /// bounded by the caller, who looks at ``pendingBytes(on:)``.
    public mutating func send(_ data: [UInt8], on id: YamuxStreamID) {
        self.pendingBytes += self.streams[id]?.send(data, to: &self.output) ?? 0
    }

    /// Bytes that wait for window; 0 for a stream that is forgotten.
    public func pendingBytes(on id: YamuxStreamID) -> Int {
        self.streams[id]?.pending.count ?? 0
    }

    /// Finishes the write side: FIN follows the last pending byte.
    ///
    /// - Returns: whether the stream is thereby finished in both directions and forgotten; the
    ///   event `closed` does not come for it then.
    @discardableResult
    public mutating func closeWrite(_ id: YamuxStreamID) -> Bool {
        self.pendingBytes += self.streams[id]?.close(&self.output) ?? 0
        return self.forgetIfFinished(id)
    }

    /// Gives a stream up in both directions and forgets it; pending bytes are dropped.
    public mutating func reset(_ id: YamuxStreamID) {
        guard self.streams[id] != nil else { return }
        self.forget(id)
        self.queue(YamuxHeader(.data, .rst, stream: id))
    }

    /// Reports that the reader took `count` bytes, and so gives window back to the sender.
    ///
    /// A window update is queued once half the window was used. More bytes than were delivered
    /// count as all of them.
    public mutating func consumed(_ count: Int, on id: YamuxStreamID) {
        self.streams[id]?.consumed(count, spare: &self.spareWindow, output: &self.output)
    }

    /// The size of what ``takeOutput()`` takes.
    public var outputBytes: Int { self.output.count }

    /// Bytes that wait for window, and those that wait for ``takeOutput()``.
    public var queuedBytes: Int { self.output.count + self.pendingBytes }

    /// Asks the remote side for a sign of life; the event `pong` tells of the answer.
    ///
    /// Nothing is sent while an earlier ping is unanswered.
    public mutating func ping(_ value: UInt32) {
        guard self.failure == nil, self.awaitedPing == nil else { return }
        self.awaitedPing = value
        self.queue(YamuxHeader(.ping, .syn, length: value))
    }

    /// Tells the remote side to open no more streams; those that are open go on.
    public mutating func goAway() {
        guard self.failure == nil, !self.hasSentGoAway else { return }
        self.hasSentGoAway = true
        self.queue(YamuxHeader(.goAway, [], length: 0))
    }

    /// Takes everything that is to be written to the connection, in order.
    public mutating func takeOutput() -> [UInt8] {
        defer {
            self.output = []
            self.answerCount = 0
        }
        return self.output
    }

    // MARK: Shared with receiving

    mutating func queue(_ header: YamuxHeader) { header.append(to: &self.output) }

    mutating func forgetIfFinished(_ id: YamuxStreamID) -> Bool {
        guard self.streams[id]?.isFinished == true else { return false }
        self.forget(id)
        return true
    }

    /// Drops a stream; what its sender may have under way is tolerated once.
    mutating func forget(_ id: YamuxStreamID) {
        guard let stream = self.streams.removeValue(forKey: id) else { return }
        self.pendingBytes -= stream.pending.count
        if !stream.isRemoteClosed { self.lateWindow &+= UInt64(stream.receiveWindow) }
        self.spareWindow += stream.window - YamuxLimits.initialWindow
        if self.role.owns(id) {
            self.outboundCount -= 1
            if !stream.isAcknowledged { self.unacknowledgedCount -= 1 }
        } else {
            self.inboundCount -= 1
        }
    }
}
