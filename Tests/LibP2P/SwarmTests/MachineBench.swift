import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import Relay
import Testing
import Yamux

@testable import Swarm

/// A machine without sockets, and the other end of its link, which a test plays.
///
/// Questions of the machine are answered as the test wants; whatever else it wants is noted.
final class MachineBench {
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    var machine: StreamMachine
    var other: Link
    let peer: PeerID
    private(set) var now = MachineBench.start
    /// What the machine wanted, questions included.
    private(set) var actions: [StreamAction] = []
    /// What the other end saw.
    private(set) var events: [YamuxEvent] = []
    /// Whether there is a place for another stream of the peer.
    var hasPlaces = true
    var isPrimary = true
    /// Whether the other end gives window back for what comes.
    var isReading = true
    /// Whether the socket takes what is written.
    var isTaking = true
    private var requests: UInt64 = 0
    let readBudget = ByteBudget(limit: 1_000_000)

    /// A machine whose link runs, by default of an accepted socket.
    init(
        isInitiator: Bool = false,
        isLimited: Bool = false,
        _ configure: (inout SwarmConfiguration) -> Void = { _ in }
    ) throws {
        let (own, other) = (SigningKey.generate(), SigningKey.generate())
        var configuration = SwarmConfiguration(
            identity: own,
            listen: [],
            agentVersion: "test/1",
            exchangeProtocols: [Names.exchange],
            longLivedProtocols: [Names.frames]
        )
        configure(&configuration)
        self.peer = PeerID(ed25519: other.publicKey)
        self.other = Self.link(of: other, isOutbound: !isInitiator)
        self.machine = StreamMachine(
            StreamTerms(configuration, isInitiator: isInitiator),
            link: Self.link(of: own, isOutbound: isInitiator),
            writeBudget: ByteBudget(limit: configuration.pendingBytesMax)
        )
        self.machine.advance(to: self.now)
        self.machine.begin(isLimited: isLimited)
        try self.settle()
    }

    static func link(
        of key: SigningKey,
        isOutbound: Bool,
        staticSecret: [UInt8] = SecureRandom.bytes(32)
    ) -> Link {
        Link(
            isOutbound: isOutbound,
            identity: key,
            expectedPeer: nil,
            staticSecret: staticSecret,
            ephemeralSecret: SecureRandom.bytes(32)
        )
    }

    // MARK: Time and bytes

    /// Carries bytes both ways until both ends are silent.
    func settle() throws {
        while true {
            self.act()
            let sent = Self.output(of: &self.machine)
            if self.isTaking, !sent.isEmpty { self.machine.wrote(sent.count) }
            self.see(try self.other.receive(sent))
            let returned = Self.output(of: &self.other)
            if !returned.isEmpty { self.machine.receive(returned) }
            if sent.isEmpty, returned.isEmpty { return }
        }
    }

    static func output(of source: inout some CarrierSource & ~Copyable) -> [UInt8] {
        Array(unsafeUninitializedCapacity: source.outputBytes) { buffer, count in
            count = source.takeOutput(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    private func see(_ new: [Link.Event]) {
        for case .muxer(let event) in new {
            self.events.append(event)
            if self.isReading, case .data(let id, let bytes) = event {
                _ = self.other.withMuxer { $0.consumed(bytes.count, on: id) }
            }
        }
    }

    /// Tells the machine something, and carries what follows.
    func tell(_ input: (inout StreamMachine) -> Void) throws {
        input(&self.machine)
        try self.settle()
    }

    func pass(_ span: TimeAmount) {
        self.now = self.now + span
        self.machine.advance(to: self.now)
    }

    // MARK: Questions

    private func act() {
        while let action = self.machine.next() {
            self.actions.append(action)
            switch action {
            case .proven(let peer): self.machine.began(with: peer, self.readBudget)
            case .admit(let id):
                if self.hasPlaces {
                    let protocols = [Names.exchange, Names.frames, Ping.protocolID]
                    self.machine.admit(id, offering: protocols + Self.ownProtocols)
                } else {
                    self.machine.refuse(id)
                }
            case .frames(.early(let frames, let id)):
                self.machine.take(early: frames, on: id, isPrimary: self.isPrimary)
            case .exchange(.requested(_, _, let id)):
                self.requests += 1
                self.machine.number(self.requests, on: id)
            default: break
            }
        }
    }

    /// Forgets what was wanted until now.
    func forgetActions() { self.actions = [] }

    // MARK: The other end

    /// Opens a stream for something, with bytes right behind.
    func open(_ name: String, _ bytes: [UInt8] = []) throws -> YamuxStreamID {
        let opened = self.other.withMuxer { $0.openStream() } ?? nil
        let id = try #require(opened)
        var dialer = MultistreamDialer(protocols: [name])
        try self.write(dialer.start() + bytes, on: id)
        return id
    }

    func write(_ bytes: [UInt8], on id: YamuxStreamID) throws {
        _ = self.other.withMuxer { $0.send(bytes, on: id) }
        try self.settle()
    }

    func closeWrite(_ id: YamuxStreamID) throws {
        _ = self.other.withMuxer { $0.closeWrite(id) }
        try self.settle()
    }

    func reset(_ id: YamuxStreamID) throws {
        _ = self.other.withMuxer { $0.reset(id) }
        try self.settle()
    }

    /// Agrees to what the machine's latest stream is for, with bytes right behind.
    func agree(_ bytes: [UInt8] = []) throws -> YamuxStreamID {
        let id = try #require(self.openedByMachine.last)
        var listener = MultistreamListener(supported: Self.all)
        _ = try listener.receive(self.bytes(on: id)[...])
        try self.write(listener.takeOutput() + bytes, on: id)
        return id
    }

    var openedByMachine: [YamuxStreamID] {
        self.events.compactMap { if case .opened(let id) = $0 { id } else { nil } }
    }

    func bytes(on id: YamuxStreamID) -> [UInt8] {
        self.events.reduce(into: []) { result, event in
            if case .data(id, let bytes) = event { result += bytes }
        }
    }

    func isReset(_ id: YamuxStreamID) -> Bool { self.events.contains(.reset(id)) }

    // MARK: What was wanted

    var failures: [UInt64: String] {
        self.actions.reduce(into: [:]) { result, action in
            if case .exchange(.failed(let token, let reason)) = action { result[token] = reason }
        }
    }

    var answers: [UInt64: [UInt8]] {
        self.actions.reduce(into: [:]) { result, action in
            if case .exchange(.answered(let token, let answer)) = action { result[token] = answer }
        }
    }

    var frames: [[UInt8]] {
        self.actions.flatMap { action -> [[UInt8]] in
            if case .frames(.received(let frames)) = action { frames } else { [] }
        }
    }

    /// The reason of the close that was wanted; nil when none was.
    var closing: String? {
        let isClosing = self.actions.contains { if case .close = $0 { true } else { false } }
        return isClosing ? self.machine.closing.reason : nil
    }

    /// When late streams are to be looked for.
    var wakes: [NIODeadline] {
        self.actions.compactMap { if case .wake(let deadline) = $0 { deadline } else { nil } }
    }

    /// Streams of the peer that were reported as over.
    var released: Int { self.actions.count { if case .released = $0 { true } else { false } } }

    private static let ownProtocols = [
        Identify.protocolID, Identify.pushProtocolID, HopMessage.protocolID, StopMessage.protocolID,
        HolePunchMessage.protocolID,
    ]

    private static let all = [Names.exchange, Names.frames] + ownProtocols
}
