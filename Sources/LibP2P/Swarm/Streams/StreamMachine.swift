import DequeModule
import Multiformats
import MultistreamSelect
import NIOCore
import TLS
import Yamux

/// One connection: its link, its streams, and what each of them is for.
///
/// Pure: bytes, calls, answers and the time go in; ``next()`` returns, one by one, what is to be done,
/// and ``takeOutput(into:)`` what is to be written. Some actions are questions. Bytes that arrived
/// after those that an action asks about stay in the machine until the action was returned and
/// answered.
struct StreamMachine: ~Copyable {
    /// What came in and was not looked at.
    private enum Arrival {
        case event(Link.Event)
        /// Bytes behind a message that was looked at.
        case rest(YamuxStreamID, [UInt8])
    }

    let terms: StreamTerms
    /// The peer at the other end, and what is on its way from it, once it was taken for a connection.
    private(set) var peer: (id: PeerID, readBudget: ByteBudget)?
    /// Whether a relay is between.
    private(set) var isLimited = false
    private(set) var closing = ClosingState()
    /// The time of the present input.
    private(set) var now = NIODeadline.uptimeNanoseconds(0)
    var frames = FrameStreams()
    var budgets = StreamBudgets()
    var punch = HolePunch()
    var news = PeerNews()
    private var link: Link
    private var table = StreamTable()
    private var liveness: PeerLiveness
    private var writing: WriteQueue
    private var arrivals: Deque<Arrival> = []
    private var actions: Deque<StreamAction> = []

    init(_ terms: StreamTerms, link: Link, writeBudget: ByteBudget) {
        self.terms = terms
        self.link = link
        self.liveness = PeerLiveness(keepAlive: terms.keepAlive, stallTimeout: terms.stallTimeout)
        self.writing = WriteQueue(within: writeBudget)
    }

    // MARK: In and out

    /// Everything that is said from here on happens at this time.
    mutating func advance(to now: NIODeadline) { self.now = now }

    /// Bytes can be carried.
    mutating func begin(isLimited: Bool) { self.isLimited = isLimited }

    /// Bytes came.
    mutating func receive(_ bytes: [UInt8]) {
        self.liveness.heard(at: self.now)
        self.advance { link in try link.receive(bytes) }
    }

    /// The carrier runs TLS, and this is what came of the handshake.
    mutating func secured(by progress: TLSProgress) {
        self.advance { link in try link.secured(by: progress) }
    }

    /// Tells the link something; when it fails, the connection ends.
    private mutating func advance(_ input: (inout Link) throws -> [Link.Event]) {
        do {
            for event in try input(&self.link) { self.arrivals.append(.event(event)) }
        } catch {
            switch error {
            case LinkError.itself: self.closing.metOwnKey()
            case LinkError.ownKey:
                self.closing.metOwnKey()
                self.emit(.ownKey)
            default: break
            }
            self.close("\(error)")
        }
    }

    /// What to do next; nil when there is nothing more.
    mutating func next() -> StreamAction? {
        while self.actions.isEmpty, let arrival = self.arrivals.popFirst() {
            switch arrival {
            case .event(let event): self.handle(event)
            case .rest(let id, let bytes): self.received(bytes, on: id)
            }
        }
        return self.actions.popFirst()
    }

    mutating func emit(_ action: StreamAction) { self.actions.append(action) }

    /// Looks at bytes of a stream once everything that was emitted is done.
    mutating func later(_ bytes: [UInt8], on id: YamuxStreamID) {
        if !bytes.isEmpty { self.arrivals.prepend(.rest(id, bytes)) }
    }

    /// The peer is taken for a connection.
    ///
    /// - Parameters:
    ///   - peer: who it is.
    ///   - readBudget: what may be on its way from it.
    mutating func began(with peer: PeerID, _ readBudget: ByteBudget) {
        self.peer = (peer, readBudget)
    }

    private mutating func handle(_ event: Link.Event) {
        switch event {
        case .startTLS(let first): self.emit(.startTLS(first))
        case .running(let peer): self.emit(.proven(peer))
        case .muxer(.opened(let id)): self.emit(.admit(id))
        case .muxer(.data(let id, let bytes)):
            if self.table[id]?.isCarrying != true { self.consumed(bytes.count, on: id) }
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

    // MARK: The end

    /// Writes what there is and closes the connection, for a reason that ``closing`` tells; the first one counts.
    mutating func close(_ reason: String) {
        guard !self.closing.isClosing else { return }
        self.closing.close(reason)
        // What came behind is of no interest any more.
        self.arrivals = []
        _ = self.link.withMuxer { $0.goAway() }
        self.emit(.close)
    }

    /// The connection has ended.
    mutating func end() {
        self.closing.end()
        self.arrivals = []
        for (id, state) in self.table.removeAll() {
            self.abandon(state, self.closing.reason, on: id)
        }
        self.writing.end()
    }

    /// Opens no more streams, lets those that somebody waits for end, and closes.
    mutating func retire() {
        guard !self.closing.isOver, self.peer != nil else { return }
        self.closing.retire()
        _ = self.link.withMuxer { $0.goAway() }
        if let id = self.frames.outbound, case .framesOut? = self.table[id] { self.closeWrite(id) }
        self.frames.release()
        // The stream that they wait for is watched no more.
        self.settleFrames()
        self.emit(.retired)
        self.emit(.lookWhenDone(by: self.now + self.terms.exchangeTimeout))
    }

    /// Closes a retired connection unless somebody waits for one of its streams; from the deadline on
    /// nobody's wait counts.
    mutating func closeIfDone(by deadline: NIODeadline) {
        let isBusy = self.table.count { $0.isExchange || $0.isCarrying } > 0
        if isBusy, deadline > self.now {
            self.emit(.lookWhenDone(by: deadline))
        } else {
            self.close("another connection took its place, or the peer said goodbye")
        }
    }

    // MARK: Signs of life

    /// Checks whether the peer is alive.
    ///
    /// - Parameters:
    ///   - isReading: whether anything that it sends can be heard.
    ///   - entropy: random bits for a ping.
    mutating func look(isReading: Bool, entropy: UInt32) {
        if !isReading { self.liveness.heard(at: self.now) }
        let stuckSince = self.writing.isEmpty ? nil : self.writing.lastProgress
        switch self.liveness.verdict(stuckSince: stuckSince, at: self.now) {
        case .fine: break
        case .ask: self.askForSign(entropy)
        case .dead: self.close("it gives no sign of life")
        case .stalled: self.close("it takes in nothing of what is sent to it")
        }
    }

    /// Sends a ping of the muxer; any byte that comes is a sign of life.
    mutating func askForSign(_ entropy: UInt32) { _ = self.link.withMuxer { $0.ping(entropy) } }

    /// This host begins or stops to read.
    mutating func readingChanged() { self.liveness.heard(at: self.now) }

    // MARK: Streams

    /// What a stream is for; nil once it is over.
    func state(of id: YamuxStreamID) -> StreamState? { self.table[id] }

    mutating func set(_ state: StreamState, on id: YamuxStreamID) { self.table.set(state, for: id) }

    func count(where isCounted: (StreamState) -> Bool) -> Int { self.table.count(where: isCounted) }

    /// The peer may open this stream, for any of these protocols.
    mutating func admit(_ id: YamuxStreamID, offering protocols: [String]) {
        guard !self.closing.hasEnded else { return }
        self.set(.choosing(MultistreamListener(supported: protocols)), on: id)
        self.limitTime(of: id, to: self.terms.exchangeTimeout)
    }

    /// There is no place for this stream of the peer.
    mutating func refuse(_ id: YamuxStreamID) { _ = self.link.withMuxer { $0.reset(id) } }

    /// Opens a stream and offers protocols for it; nil when none can be opened.
    mutating func open(_ protocols: [String], for purpose: StreamState.Purpose) -> YamuxStreamID? {
        guard !self.closing.isOver, let id = self.link.withMuxer({ $0.openStream() }) ?? nil else {
            return nil
        }
        var dialer = MultistreamDialer(protocols: protocols)
        self.write(dialer.start(), on: id)
        self.set(.offering(dialer, purpose), on: id)
        self.limitTime(of: id, to: self.terms.exchangeTimeout)
        return id
    }

    /// Whether the peer opened a stream: the initiator's are odd.
    func isByPeer(_ id: YamuxStreamID) -> Bool {
        (id.rawValue % 2 == 1) != self.terms.isInitiator
    }

    mutating func limitTime(of id: YamuxStreamID, to span: TimeAmount) {
        if let look = self.table.limit(id, to: self.now + span) { self.emit(.wake(look)) }
    }

    mutating func unlimitTime(of id: YamuxStreamID) { self.table.unlimit(id) }

    /// Gives up the streams that are late.
    mutating func wake() {
        for id in self.table.takeLate(at: self.now) {
            guard let state = self.table[id], !state.isLongLived else { continue }
            self.breakOff(state, "no answer in time", id)
            self.frames.ended(id)
        }
        if let look = self.table.looked() { self.emit(.wake(look)) }
    }

    // MARK: Writing

    /// Bytes that wait for window of the peer.
    mutating func pendingBytes(on id: YamuxStreamID) -> Int {
        self.link.withMuxer { $0.pendingBytes(on: id) } ?? 0
    }

    /// Whether so many bytes more may wait for the peer.
    func hasRoom(for count: Int, upTo level: WriteQueue.Level) -> Bool {
        self.writing.hasRoom(for: count, beside: self.link.queuedBytes, upTo: level)
    }

    mutating func write(_ bytes: [UInt8], on id: YamuxStreamID) {
        if !bytes.isEmpty { _ = self.link.withMuxer { $0.send(bytes, on: id) } }
    }

    /// Bytes of a stream were taken in: the peer may send as many more.
    mutating func consumed(_ count: Int, on id: YamuxStreamID) {
        _ = self.link.withMuxer { $0.consumed(count, on: id) }
    }

    mutating func closeWrite(_ id: YamuxStreamID) {
        let isForgotten = self.link.withMuxer { $0.closeWrite(id) } ?? true
        if isForgotten { self.drop(id) }
    }

    mutating func reset(_ id: YamuxStreamID) {
        _ = self.link.withMuxer { $0.reset(id) }
        self.drop(id)
    }

    /// Sends the last message of a stream.
    mutating func reply(_ message: [UInt8], on id: YamuxStreamID) {
        self.write(message, on: id)
        self.finish(id)
    }

    /// Nothing more is read from a stream, nor written to it.
    mutating func finish(_ id: YamuxStreamID) {
        self.set(.finished, on: id)
        self.closeWrite(id)
    }

    /// Nothing of a stream that is over stays.
    @discardableResult
    mutating func drop(_ id: YamuxStreamID) -> StreamState? {
        let state = self.table.remove(id)
        if id == self.frames.outbound { self.settleFrames() }
        if state != nil, self.isByPeer(id) { self.emit(.released) }
        return state
    }

    // MARK: Output

    /// The size of what ``takeOutput(into:)`` writes.
    var outputBytes: Int { self.link.outputBytes }

    /// The step that is under way until the link runs, for people; nil once it runs.
    var step: String? { self.link.step }

    /// Hands out what is to be written, ``outputBytes`` of it.
    ///
    /// - Returns: the bytes written; ``wrote(_:)`` tells when they are on their way.
    mutating func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = self.link.takeOutput(into: buffer)
        self.writing.began(count, at: self.now)
        self.settle()
        return count
    }

    /// So many bytes are on their way, or lost.
    mutating func wrote(_ count: Int) {
        self.writing.ended(count, at: self.now)
        self.settle()
    }

    /// Accounts for what waits now.
    func settle() { self.writing.settle(beside: self.link.queuedBytes) }
}
