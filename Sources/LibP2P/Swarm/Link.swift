import Cryptography
import Multiformats
import MultistreamSelect
import Noise
import Yamux

/// Why a connection is given up.
enum LinkError: Error, CustomStringConvertible {
    case refused(String)
    case otherPeer(expected: PeerID, found: PeerID)
    case ownKey

    var description: String {
        switch self {
        case .refused(let offered): "the peer does not speak \(offered)"
        case .otherPeer(let expected, let found): "expected \(expected), found \(found)"
        case .ownKey: "the other side has the key of this host"
        }
    }
}

/// The layers of a connection: multistream, Noise, multistream, yamux.
///
/// Pure: bytes in, bytes and events out.
struct Link: Sendable {
    enum Event {
        /// The peer proved its identity and the muxer runs.
        case running(PeerID)
        /// A muxer event.
        case muxer(YamuxEvent)
    }

    private enum Phase {
        case security(Negotiation)
        case handshake(NoiseHandshake)
        case muxer(NoiseSession, Negotiation)
        case running(NoiseSession, YamuxSession)
        case ended
    }

    private static let noise = "/noise"
    private static let yamux = "/yamux/1.0.0"

    private let isOutbound: Bool
    private let ownPeer: PeerID
    private let expectedPeer: PeerID?
    private var phase: Phase
    private var output: [UInt8] = []
    /// Who the other side is, once it has proven that.
    private(set) var remotePeer: PeerID?
    private var handshake: NoiseHandshake?

    /// Prepares a link; the secrets are fresh random bytes, 32 each.
    init(
        isOutbound: Bool,
        identity: SigningKey,
        expectedPeer: PeerID?,
        staticSecret: [UInt8],
        ephemeralSecret: [UInt8]
    ) {
        self.isOutbound = isOutbound
        self.ownPeer = PeerID(ed25519: identity.publicKey)
        self.expectedPeer = expectedPeer
        self.handshake = NoiseHandshake(
            role: isOutbound ? .initiator : .responder,
            identity: identity,
            staticSecret: staticSecret,
            ephemeralSecret: ephemeralSecret
        )
        var negotiation = Negotiation(isOutbound: isOutbound, protocolID: Self.noise)
        self.output = negotiation.start()
        self.phase = .security(negotiation)
    }

    /// Takes received bytes in.
    mutating func receive(_ bytes: [UInt8]) throws -> [Event] {
        var events: [Event] = []
        var rest = bytes
        // Each layer hands what it did not need to the next one.
        while let leftover = try self.step(rest, &events) { rest = leftover }
        return events
    }

    /// One layer's share; nil when the input is used up in this layer.
    private mutating func step(_ bytes: [UInt8], _ events: inout [Event]) throws -> [UInt8]? {
        switch self.phase {
        case .security(var negotiation):
            let leftover = try negotiation.receive(bytes[...], offered: Self.noise)
            self.output += negotiation.takeOutput()
            self.phase = .security(negotiation)
            guard let leftover, var handshake = self.handshake else { return nil }
            self.output += handshake.start()
            self.handshake = nil
            self.phase = .handshake(handshake)
            return leftover.isEmpty ? nil : leftover
        case .handshake(var handshake):
            let progress = try handshake.receive(bytes[...])
            self.output += handshake.takeOutput()
            self.phase = .handshake(handshake)
            guard let progress else { return nil }
            return try self.secured(progress)
        case .muxer(var session, var negotiation):
            let plain = try session.decrypt(bytes[...])
            let leftover = try negotiation.receive(plain[...], offered: Self.yamux)
            self.write(negotiation.takeOutput(), &session)
            guard let leftover else {
                self.phase = .muxer(session, negotiation)
                return nil
            }
            return try self.muxed(session, leftover, &events)
        case .running(var session, var muxer):
            // The enum must let go of its copy, or every change would copy the buffers.
            self.phase = .ended
            defer { self.phase = .running(session, muxer) }
            let plain = try session.decrypt(bytes[...])
            events += try muxer.receive(plain[...]).map { .muxer($0) }
            return nil
        case .ended:
            return nil
        }
    }

    private mutating func secured(_ progress: NoiseProgress) throws -> [UInt8]? {
        if let expected = self.expectedPeer, expected != progress.remotePeer {
            throw LinkError.otherPeer(expected: expected, found: progress.remotePeer)
        }
        // A host that reaches itself, or a second one with the same key, cannot be told apart.
        guard progress.remotePeer != self.ownPeer else { throw LinkError.ownKey }
        self.remotePeer = progress.remotePeer
        var session = progress.session
        var negotiation = Negotiation(isOutbound: self.isOutbound, protocolID: Self.yamux)
        self.write(negotiation.start(), &session)
        self.phase = .muxer(session, negotiation)
        return progress.leftover.isEmpty ? nil : progress.leftover
    }

    private mutating func muxed(
        _ session: NoiseSession,
        _ leftover: [UInt8],
        _ events: inout [Event]
    ) throws -> [UInt8]? {
        var muxer = YamuxSession(role: self.isOutbound ? .initiator : .responder)
        if let peer = self.remotePeer { events.append(.running(peer)) }
        defer { self.phase = .running(session, muxer) }
        events += try muxer.receive(leftover[...]).map { .muxer($0) }
        return nil
    }

    private mutating func write(_ plain: [UInt8], _ session: inout NoiseSession) {
        if !plain.isEmpty { self.output += session.encrypt(plain[...]) }
    }

    /// Works on the running muxer; nil before it runs.
    mutating func withMuxer<R>(_ body: (inout YamuxSession) -> R) -> R? {
        guard case .running(let session, var muxer) = self.phase else { return nil }
        self.phase = .ended
        defer { self.phase = .running(session, muxer) }
        return body(&muxer)
    }

    /// Bytes that the layers hold for the peer.
    var queuedBytes: Int {
        guard case .running(_, let muxer) = self.phase else { return self.output.count }
        return self.output.count + muxer.queuedBytes
    }

    /// Bytes to write to the socket.
    ///
    /// All that the muxer queued since the last call is encrypted at once, so that many small frames
    /// cost one message.
    mutating func takeOutput() -> [UInt8] {
        if case .running(var session, var muxer) = self.phase {
            self.phase = .ended
            self.write(muxer.takeOutput(), &session)
            self.phase = .running(session, muxer)
        }
        defer { self.output = [] }
        return self.output
    }
}
