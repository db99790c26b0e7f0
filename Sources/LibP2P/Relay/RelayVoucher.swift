package import Cryptography
package import Multiformats

/// A relay's promise to carry connections of a peer until some second, which it signs.
///
/// Relays need not give one, and nobody demands to see it yet; one that is given has to be true.
///
/// Source: libp2p/specs relay/circuit-v2.md "Reservation Vouchers".
package struct RelayVoucher: Sendable, Equatable {
    /// Why a voucher is not believed.
    package enum Flaw: Error, Equatable, CustomStringConvertible {
        case malformed
        case otherPayload
        case signature
        case otherRelay(PeerID)
        case otherPeer(PeerID)
        case over

        package var description: String {
            switch self {
            case .malformed: "it cannot be read"
            case .otherPayload: "it is an envelope with something else"
            case .signature: "its signature does not hold"
            case .otherRelay(let relay): "it is a promise of \(relay)"
            case .otherPeer(let peer): "it is a promise to \(peer)"
            case .over: "it is over already"
            }
        }
    }

    private static let domain = "libp2p-relay-rsvp"
    private static let payloadType: [UInt8] = [0x03, 0x02]

    package let relay: PeerID
    package let peer: PeerID
    /// Seconds since 1970.
    let expires: UInt64

    package init(relay: PeerID, peer: PeerID, expires: UInt64) {
        self.relay = relay
        self.peer = peer
        self.expires = expires
    }

    /// The envelope with the promise; the key is the relay's.
    package func signed(with key: SigningKey) -> [UInt8] {
        let payload = self.payload
        return SignedEnvelope(payload, of: Self.payloadType, for: Self.domain, by: key).bytes
    }

    /// Opens an envelope that a relay gave to a peer.
    package init(envelope: [UInt8], by relay: PeerID, to peer: PeerID, now: UInt64) throws(Flaw) {
        guard let envelope = try? SignedEnvelope(bytes: envelope) else { throw .malformed }
        guard envelope.payloadType == Self.payloadType else { throw .otherPayload }
        guard let voucher = try? RelayVoucher(payload: envelope.payload) else { throw .malformed }
        guard let signer = envelope.signer(for: Self.domain) else { throw .signature }
        // The signer, the relay named in the voucher and the peer at the other end of the connection
        // must be one.
        for named in [signer, voucher.relay] where named != relay { throw .otherRelay(named) }
        guard voucher.peer == peer else { throw .otherPeer(voucher.peer) }
        guard voucher.expires > now else { throw .over }
        self = voucher
    }

    // MARK: Payload

    package init(payload: [UInt8]) throws(RelayError) {
        let fields = try RelayFields(payload[...])
        guard let relay = fields.bytes(1).flatMap({ try? PeerID(bytes: $0) }),
            let peer = fields.bytes(2).flatMap({ try? PeerID(bytes: $0) }),
            let expires = fields.number(3)
        else { throw .malformed }
        self.init(relay: relay, peer: peer, expires: expires)
    }

    package var payload: [UInt8] {
        var writer = ProtobufWriter()
        writer.append(bytes: self.relay.bytes, field: 1)
        writer.append(bytes: self.peer.bytes, field: 2)
        writer.append(varint: self.expires, field: 3)
        return writer.bytes
    }
}
