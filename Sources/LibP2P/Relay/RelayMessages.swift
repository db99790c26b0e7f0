import Multiformats

/// How a relay or a peer answers.
///
/// Source: libp2p/specs relay/circuit-v2.md, "Protobuf".
enum RelayStatus: UInt64, Sendable {
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
enum RelayError: Error, Equatable {
    case malformed
    /// Longer than ``RelayLimits/messageBytesMax``.
    case tooLong
}

/// What a relay lets through on one circuit; 0 is no limit.
struct RelayCircuitLimit: Sendable, Equatable {
    var seconds: UInt32
    var bytes: UInt64
}

/// What a relay promises.
struct RelayReservation: Sendable, Equatable {
    /// Seconds since 1970.
    var expires: UInt64
    /// Where the relay can be reached, with its peer id.
    var addresses: [Multiaddr]
    /// The envelope of a ``RelayVoucher``; relays need not give one.
    var voucher: [UInt8]?
}

/// A message of the protocol between a peer and a relay.
struct HopMessage: Sendable, Equatable {
    static let protocolID = "/libp2p/circuit/relay/0.2.0/hop"

    enum Kind: UInt64, Sendable { case reserve = 0, connect = 1, status = 2 }

    var kind: Kind
    var peer: PeerID?
    var reservation: RelayReservation?
    var limit: RelayCircuitLimit?
    var status: RelayStatus?
}

/// A message of the protocol between a relay and the peer that is called.
struct StopMessage: Sendable, Equatable {
    static let protocolID = "/libp2p/circuit/relay/0.2.0/stop"

    enum Kind: UInt64, Sendable { case connect = 0, status = 1 }

    var kind: Kind
    var peer: PeerID?
    var limit: RelayCircuitLimit?
    var status: RelayStatus?
}
