import Cryptography
import Multiformats
import MultistreamSelect
import Noise
import Yamux

/// Why a connection is given up.
enum LinkError: Error, CustomStringConvertible {
    case refused(String)
    case otherPeer(expected: PeerID, found: PeerID)
    /// The other side is another process that has the key of this host.
    case ownKey
    /// The other side is this very host.
    case itself

    var description: String {
        switch self {
        case .refused(let offered): "the peer does not speak \(offered)"
        case .otherPeer(let expected, let found): "expected \(expected), found \(found)"
        case .ownKey: "another process there has the key of this host"
        case .itself: "it leads to this host itself"
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
        case running
    }

    /// The layers of a running link; outside of the phase, so that they change in place.
    private struct Layers {
        var session: NoiseSession
        var muxer: YamuxSession

        mutating func receive(_ bytes: [UInt8]) throws -> [YamuxEvent] {
            try self.muxer.receive(self.session.decrypt(bytes[...])[...])
        }

        mutating func withMuxer<R>(_ body: (inout YamuxSession) -> R) -> R { body(&self.muxer) }

        /// Encrypts at once all that the muxer queued, so that many small frames cost one message.
        mutating func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let plain = self.muxer.takeOutput()
            return plain.withUnsafeBytes { self.session.encrypt($0, into: buffer) }
        }
    }

    private static let noise = "/noise"
    private static let yamux = "/yamux/1.0.0"

    private let isOutbound: Bool
    private let ownPeer: PeerID
    private let expectedPeer: PeerID?
    private var phase: Phase
    private var layers: Layers?
    private var output: [UInt8] = []
    /// The step that is under way until the link runs, for people; nil once it runs.
    var step: String? {
        switch self.phase {
        case .security: "agreeing on encryption (multistream)"
        case .handshake: "the encryption handshake (Noise)"
        case .muxer: "agreeing on a multiplexer (yamux)"
        case .running: nil
        }
    }

    /// Who the other side is, once it has proven that.
    private(set) var remotePeer: PeerID?
    private var handshake: NoiseHandshake?

    /// Prepares a link; the secrets are 32 random bytes each, the static one the same for all links of
    /// a host, so that it knows itself, and the ephemeral one fresh.
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
        // Each layer passes the bytes that it did not use to the next one.
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
        case .running:
            events += try self.layers?.receive(bytes).map { .muxer($0) } ?? []
            return nil
        }
    }

    private mutating func secured(_ progress: NoiseProgress) throws -> [UInt8]? {
        // Checked before the expected peer: an address that leads to this host itself is never dialled
        // again.
        guard progress.remotePeer != self.ownPeer else {
            throw progress.isOneself ? LinkError.itself : LinkError.ownKey
        }
        if let expected = self.expectedPeer, expected != progress.remotePeer {
            throw LinkError.otherPeer(expected: expected, found: progress.remotePeer)
        }
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
        self.phase = .running
        defer { self.layers = Layers(session: session, muxer: muxer) }
        events += try muxer.receive(leftover[...]).map { .muxer($0) }
        return nil
    }

    private mutating func write(_ plain: [UInt8], _ session: inout NoiseSession) {
        if !plain.isEmpty { self.output += session.encrypt(plain[...]) }
    }

    /// Works on the running muxer; nil before it runs.
    mutating func withMuxer<R>(_ body: (inout YamuxSession) -> R) -> R? {
        self.layers?.withMuxer(body)
    }

    /// Bytes that the layers hold for the peer.
    var queuedBytes: Int { self.output.count + (self.layers?.muxer.queuedBytes ?? 0) }

    /// The size of what ``takeOutput(into:)`` writes.
    var outputBytes: Int {
        self.output.count
            + NoiseSession.encryptedBytes(of: self.layers?.muxer.outputBytes ?? 0)
    }

    /// Writes what is meant for the socket, ``outputBytes`` of it, and forgets it.
    ///
    /// - Returns: the bytes written.
    mutating func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        buffer.copyBytes(from: self.output)
        let count = self.output.count
        self.output = []
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
        return count + (self.layers?.takeOutput(into: rest) ?? 0)
    }
}
