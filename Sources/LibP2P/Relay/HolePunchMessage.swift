package import Multiformats

/// A message of the protocol in which two peers agree to dial each other at the same time.
///
/// Source: libp2p/specs relay/DCUtR.md.
package struct HolePunchMessage: Sendable, Equatable {
    package static let protocolID = "/libp2p/dcutr"

    package enum Kind: UInt64, Sendable { case connect = 100, sync = 300 }

    package var kind: Kind
    /// Where the sender may be reached.
    package var addresses: [Multiaddr]

    package init(kind: Kind, addresses: [Multiaddr]) {
        self.kind = kind
        self.addresses = addresses
    }

    /// Reads a message without its length.
    package init(bytes: [UInt8]) throws(RelayError) {
        let fields = try RelayFields(bytes[...])
        guard let kind = fields.number(1).flatMap(Kind.init(rawValue:)) else { throw .malformed }
        self.kind = kind
        self.addresses = fields.addresses(2)
    }

    /// The message with its length.
    package var framed: [UInt8] {
        var writer = ProtobufWriter()
        writer.append(varint: self.kind.rawValue, field: 1)
        for address in self.addresses.prefix(RelayLimits.addressesMax) {
            writer.append(bytes: address.bytes, field: 2)
        }
        return Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
    }
}
