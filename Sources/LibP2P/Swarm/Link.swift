import Cryptography
import Multiformats
import MultistreamSelect
import Noise
import TLS
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
/// Pure: bytes in, bytes and events out. In the place of Noise there may be TLS, which the carrier runs:
/// what comes in and goes out is then in the clear.
struct Link: Sendable {
    enum Event {
        /// The carrier is to run TLS, which begins with these bytes of the peer;
        /// ``secured(by:)`` tells the outcome.
        case startTLS([UInt8])
        /// The peer proved its identity and the muxer runs.
        case running(PeerID)
        /// A muxer event.
        case muxer(YamuxEvent)
    }

    private enum Phase {
        case security(Negotiation)
        case handshake(NoiseHandshake)
        /// The carrier makes the handshake.
        case carried
        case muxer(NoiseSession?, Negotiation)
        case running
    }

    /// The layers of a running link; outside of the phase, so that they change in place.
    private struct Layers {
        /// Nil when the carrier encrypts.
        var session: NoiseSession?
        var muxer: YamuxSession

        mutating func receive(_ bytes: [UInt8]) throws -> [YamuxEvent] {
            try self.muxer.receive((self.session?.decrypt(bytes[...]) ?? bytes)[...])
        }

        /// The size of what ``takeOutput(into:)`` writes.
        var outputBytes: Int {
            let count = self.muxer.outputBytes
            return self.session == nil ? count : NoiseSession.encryptedBytes(of: count)
        }

        mutating func withMuxer<R>(_ body: (inout YamuxSession) -> R) -> R { body(&self.muxer) }

        /// Encrypts at once all that the muxer queued, so that many small frames cost one message.
        mutating func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let plain = self.muxer.takeOutput()
            return plain.withUnsafeBytes { plain in
                if let count = self.session?.encrypt(plain, into: buffer) { return count }
                buffer.copyMemory(from: plain)
                return plain.count
            }
        }
    }

    /// The multiplexer, the only one there is.
    static let yamux = "/yamux/1.0.0"

    private let isOutbound: Bool
    private let securities: [String]
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
        case .carried: "the encryption handshake (TLS)"
        case .muxer: "agreeing on a multiplexer (yamux)"
        case .running: nil
        }
    }

    /// Who the other side is, once it has proven that.
    private(set) var remotePeer: PeerID?
    private var handshake: NoiseHandshake?

    /// Prepares a link; the secrets are 32 random bytes each, the static one the same for all links of
    /// a host, so that it knows itself, and the ephemeral one fresh.
    ///
    /// - Parameters:
    ///   - isOutbound: whether this side begins.
    ///   - securities: what the carrier can be secured by, best first.
    ///   - identity: the host key.
    ///   - expectedPeer: who the other side has to be; nil for anybody.
    ///   - staticSecret: of Noise.
    ///   - ephemeralSecret: of Noise.
    init(
        isOutbound: Bool,
        securities: [SecurityProtocol] = [.noise],
        identity: SigningKey,
        expectedPeer: PeerID?,
        staticSecret: [UInt8],
        ephemeralSecret: [UInt8]
    ) {
        self.isOutbound = isOutbound
        self.securities = securities.map(\.rawValue)
        self.ownPeer = PeerID(ed25519: identity.publicKey)
        self.expectedPeer = expectedPeer
        self.handshake = NoiseHandshake(
            role: isOutbound ? .initiator : .responder,
            identity: identity,
            staticSecret: staticSecret,
            ephemeralSecret: ephemeralSecret
        )
        var negotiation = Negotiation(isOutbound: isOutbound, protocols: self.securities)
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
            let agreed = try negotiation.receive(bytes[...], offered: self.securities)
            self.output += negotiation.takeOutput()
            self.phase = .security(negotiation)
            return agreed.flatMap { self.agreed(SecurityProtocol(rawValue: $0), $1, &events) }
        case .handshake(var handshake):
            let progress = try handshake.receive(bytes[...])
            self.output += handshake.takeOutput()
            self.phase = .handshake(handshake)
            guard let progress else { return nil }
            return try self.secured(progress)
        case .carried: return nil
        case .muxer(var session, var negotiation):
            let plain = try session?.decrypt(bytes[...]) ?? bytes
            let agreed = try negotiation.receive(plain[...], offered: [Self.yamux])
            self.write(negotiation.takeOutput(), &session)
            guard let agreed else {
                self.phase = .muxer(session, negotiation)
                return nil
            }
            try self.muxed(session, agreed.leftover, &events)
            return nil
        case .running:
            events += try self.layers?.receive(bytes).map { .muxer($0) } ?? []
            return nil
        }
    }

    // MARK: Security

    /// What secures the connection is agreed on.
    private mutating func agreed(
        _ security: SecurityProtocol?,
        _ leftover: [UInt8],
        _ events: inout [Event]
    ) -> [UInt8]? {
        guard security != .tls, var handshake = self.handshake else {
            self.phase = .carried
            events.append(.startTLS(leftover))
            return nil
        }
        self.output += handshake.start()
        self.handshake = nil
        self.phase = .handshake(handshake)
        return leftover.isEmpty ? nil : leftover
    }

    private mutating func secured(_ progress: NoiseProgress) throws -> [UInt8]? {
        try self.accept(progress.remotePeer, isOneself: progress.isOneself)
        self.negotiateMuxer(progress.session)
        return progress.leftover.isEmpty ? nil : progress.leftover
    }

    /// The carrier runs TLS, by which the peer is proven.
    mutating func secured(by progress: TLSProgress) throws -> [Event] {
        guard case .carried = self.phase else { return [] }
        try self.accept(progress.remotePeer, isOneself: progress.isOneself)
        var events: [Event] = []
        if progress.muxer == Self.yamux {
            try self.muxed(nil, [], &events)
        } else {
            self.negotiateMuxer(nil)
        }
        return events
    }

    private mutating func accept(_ peer: PeerID, isOneself: Bool) throws {
        // Checked before the expected peer: an address that leads to this host itself is never dialled
        // again.
        guard peer != self.ownPeer else { throw isOneself ? LinkError.itself : LinkError.ownKey }
        if let expected = self.expectedPeer, expected != peer {
            throw LinkError.otherPeer(expected: expected, found: peer)
        }
        self.remotePeer = peer
    }

    // MARK: Muxer

    private mutating func negotiateMuxer(_ session: NoiseSession?) {
        var session = session
        var negotiation = Negotiation(isOutbound: self.isOutbound, protocols: [Self.yamux])
        self.write(negotiation.start(), &session)
        self.phase = .muxer(session, negotiation)
    }

    private mutating func muxed(
        _ session: NoiseSession?,
        _ leftover: [UInt8],
        _ events: inout [Event]
    ) throws {
        var muxer = YamuxSession(role: self.isOutbound ? .initiator : .responder)
        if let peer = self.remotePeer { events.append(.running(peer)) }
        self.phase = .running
        defer { self.layers = Layers(session: session, muxer: muxer) }
        events += try muxer.receive(leftover[...]).map { .muxer($0) }
    }

    private mutating func write(_ plain: [UInt8], _ session: inout NoiseSession?) {
        if !plain.isEmpty { self.output += session?.encrypt(plain[...]) ?? plain }
    }

    // MARK: Output

    /// Works on the running muxer; nil before it runs.
    mutating func withMuxer<R>(_ body: (inout YamuxSession) -> R) -> R? {
        self.layers?.withMuxer(body)
    }

    /// Bytes that the layers hold for the peer.
    var queuedBytes: Int { self.output.count + (self.layers?.muxer.queuedBytes ?? 0) }

    /// The size of what ``takeOutput(into:)`` writes.
    var outputBytes: Int { self.output.count + (self.layers?.outputBytes ?? 0) }

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
