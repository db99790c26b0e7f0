package import Multiformats

/// The decoders of relayed connections and of reachability, exposed for fuzzing.
///
/// Each decodes a message and encodes it again, and returns nil when it is refused: encoding what was
/// decoded has to give the same bytes again.
package enum ForeignRelayMessages {
    /// A message of a peer to a relay, without its length.
    package static func hop(_ bytes: [UInt8]) -> [UInt8]? {
        (try? HopMessage(bytes: bytes)).map { Self.withoutLength($0.framed) }
    }

    /// A message of a relay to a peer, without its length.
    package static func stop(_ bytes: [UInt8]) -> [UInt8]? {
        (try? StopMessage(bytes: bytes)).map { Self.withoutLength($0.framed) }
    }

    /// The envelope of a relay's voucher and its content, whatever key signed it.
    package static func voucher(_ bytes: [UInt8]) -> [UInt8]? {
        guard let envelope = try? SignedEnvelope(bytes: bytes),
            let voucher = try? RelayVoucher(payload: envelope.payload)
        else { return nil }
        _ = try? RelayVoucher(envelope: bytes, by: voucher.relay, to: voucher.peer, now: 0)
        let again = try? RelayVoucher(payload: voucher.payload)
        return again == voucher ? envelope.bytes : nil
    }

    /// Whether an answer about reachability, without its length, can be read.
    package static func isReachabilityAnswer(_ bytes: [UInt8]) -> Bool {
        (try? AutoNATClient.answer(bytes)) != nil
    }

    /// A message of a peer that wants to be dialled at the same time, without its length.
    package static func holePunch(_ bytes: [UInt8]) -> [UInt8]? {
        (try? HolePunchMessage(bytes: bytes)).map { Self.withoutLength($0.framed) }
    }

    /// Where a host dials a peer that is seen at an address and asks for it, in a message without its
    /// length; nil when it refuses.
    package static func dialBack(_ bytes: [UInt8], of peer: PeerID, at observed: Multiaddr)
        -> [Multiaddr]?
    {
        var server = AutoNATServer()
        let decision = server.asked(by: peer, at: observed, network: nil, bytes, now: 0)
        if case .dial(let targets) = decision { return targets }
        return nil
    }

    private static func withoutLength(_ framed: [UInt8]) -> [UInt8] {
        Array(framed.drop { $0 >= 0x80 }.dropFirst())
    }
}
