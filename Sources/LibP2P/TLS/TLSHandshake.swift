public import Multiformats
import NIOSSL

/// The end of a handshake that succeeded.
public struct TLSProgress: Sendable, Equatable {
    /// The peer, proven by its host key; the dialer compares it with whom it wanted.
    public let remotePeer: PeerID
    /// Whether the other side is this very process: another one with a copy of the host key has another
    /// certificate.
    public let isOneself: Bool
    /// The multiplexer that was agreed on; nil when that is still to be done.
    public let muxer: String?
}

/// One handshake and what it found out; for the event loop of its channel alone.
public final class TLSHandshake {
    private let own: [UInt8]
    private let now: () -> UInt64
    private var peer: PeerID?
    private var isOneself = false
    private var refusal: TLSRefusal?

    init(own: [UInt8], now: @escaping () -> UInt64) {
        self.own = own
        self.now = now
    }

    /// Looks at the certificates that the peer showed.
    ///
    /// - Returns: whether they prove who it is.
    func judge(_ chain: [NIOSSLCertificate]) -> Bool {
        // What does not fit into one message of TLS is not copied before it is counted either.
        guard let bytes = try? chain.prefix(2).map({ try $0.toDERBytes() }) else { return false }
        do {
            self.peer = try TLSCertificate.peer(of: bytes, at: self.now())
            self.isOneself = bytes.first == self.own
        } catch {
            self.refusal = error
        }
        return self.refusal == nil
    }

    /// What the handshake led to.
    ///
    /// - Parameter negotiated: the protocol behind TLS, which both sides have to name.
    /// - Returns: who the peer is, and the multiplexer.
    /// - Throws: ``TLSRefusal``; the connection is to be closed.
    public func finish(negotiated: String?) throws(TLSRefusal) -> TLSProgress {
        if let refusal = self.refusal { throw refusal }
        // A session that is gone on with shows no certificate.
        guard let peer = self.peer else { throw .noCertificate }
        guard let negotiated else { throw .applicationProtocol }
        let isLate = negotiated == TLSHost.applicationProtocol
        return TLSProgress(
            remotePeer: peer,
            isOneself: self.isOneself,
            muxer: isLate ? nil : negotiated
        )
    }

    /// Why TLS failed, in words; nil when the peer just hung up without a goodbye.
    ///
    /// Whoever cuts a connection cannot feign an end by that: streams have ends of their own.
    public func reason(for error: any Error) -> String? {
        if let refusal = self.refusal { return "\(refusal)" }
        if case .uncleanShutdown? = error as? NIOSSLError { return nil }
        return "TLS: \(error)"
    }
}
