package import Multiformats

/// How a relay or a peer answers.
///
/// Source: libp2p/specs relay/circuit-v2.md, "Protobuf".
package enum RelayStatus: UInt64, Sendable {
    case ok = 100
    case reservationRefused = 200
    case resourceLimitExceeded = 201
    case permissionDenied = 202
    case connectionFailed = 203
    case noReservation = 204
    case malformedMessage = 400
    case unexpectedMessage = 401
}

/// Why bytes are no message of these protocols.
package enum RelayError: Error, Equatable {
    case malformed
    /// Longer than ``RelayLimits/messageBytesMax``.
    case tooLong
}

/// What a relay lets through on one circuit; 0 is no limit.
package struct RelayCircuitLimit: Sendable, Equatable {
    package var seconds: UInt32
    package var bytes: UInt64

    package init(seconds: UInt32, bytes: UInt64) {
        self.seconds = seconds
        self.bytes = bytes
    }
}

/// What a relay promises.
package struct RelayReservation: Sendable, Equatable {
    /// Seconds since 1970.
    package var expires: UInt64
    /// Where the relay can be reached, with its peer id.
    package var addresses: [Multiaddr]
    /// The envelope of a ``RelayVoucher``; relays need not give one.
    package var voucher: [UInt8]?

    package init(expires: UInt64, addresses: [Multiaddr], voucher: [UInt8]? = nil) {
        self.expires = expires
        self.addresses = addresses
        self.voucher = voucher
    }
}

/// A message of the protocol between a peer and a relay.
package struct HopMessage: Sendable, Equatable {
    package static let protocolID = "/libp2p/circuit/relay/0.2.0/hop"

    package enum Kind: UInt64, Sendable { case reserve = 0, connect = 1, status = 2 }

    package var kind: Kind
    package var peer: PeerID?
    package var reservation: RelayReservation?
    package var limit: RelayCircuitLimit?
    package var status: RelayStatus?

    package init(
        kind: Kind,
        peer: PeerID? = nil,
        reservation: RelayReservation? = nil,
        limit: RelayCircuitLimit? = nil,
        status: RelayStatus? = nil
    ) {
        self.kind = kind
        self.peer = peer
        self.reservation = reservation
        self.limit = limit
        self.status = status
    }
}

/// A message of the protocol between a relay and the peer that is called.
package struct StopMessage: Sendable, Equatable {
    package static let protocolID = "/libp2p/circuit/relay/0.2.0/stop"

    package enum Kind: UInt64, Sendable { case connect = 0, status = 1 }

    package var kind: Kind
    package var peer: PeerID?
    package var limit: RelayCircuitLimit?
    package var status: RelayStatus?

    package init(
        kind: Kind,
        peer: PeerID? = nil,
        limit: RelayCircuitLimit? = nil,
        status: RelayStatus? = nil
    ) {
        self.kind = kind
        self.peer = peer
        self.limit = limit
        self.status = status
    }
}
