import Cryptography
public import Multiformats

/// What a peer reports about itself; nothing of it is proven.
///
/// A push may contain only a part, so what is missing has not changed.
///
/// Source: libp2p/specs identify/README.md.
public struct PeerIdentity: Sendable, Equatable {
    /// The protocols that it takes streams for; nil when it does not say.
    public var protocols: [String]?
    /// Where it says that it listens; nil when it does not say.
    public var addresses: [Multiaddr]?
    /// Where it sees this host; nil when it does not say or sees it through a relay.
    public var observed: Multiaddr?
    /// Its family of protocols.
    public var protocolVersion: String?
    /// Its name and version.
    public var agentVersion: String?
}

/// Why an identify message is not believed.
enum IdentifyError: Error {
    case malformed
    case otherKey
}

/// The identify protocol: who a host is and what it speaks.
enum Identify {
    static let protocolID = "/ipfs/id/1.0.0"
    static let pushProtocolID = "/ipfs/id/push/1.0.0"
    private static let protocolVersion = "ipfs/0.1.0"

    private enum Field {
        static let key = 1
        static let address = 2
        static let protocolName = 3
        static let observed = 4
        static let protocolVersion = 5
        static let agentVersion = 6
    }

    /// The message, with its varint length.
    static func message(
        _ configuration: SwarmConfiguration,
        listening: [Multiaddr],
        protocols: [String],
        observed: Multiaddr?
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        let key = PublicKeyProtobuf.encode(configuration.identity.publicKey)
        writer.append(bytes: key, field: Field.key)
        for address in listening {
            writer.append(bytes: address.withoutPeer.bytes, field: Field.address)
        }
        for name in protocols {
            writer.append(string: name, field: Field.protocolName)
        }
        if let observed { writer.append(bytes: observed.bytes, field: Field.observed) }
        writer.append(string: Self.protocolVersion, field: Field.protocolVersion)
        writer.append(string: configuration.agentVersion, field: Field.agentVersion)
        return Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
    }

    /// Reads a message of a peer, without its length.
    ///
    /// Addresses that this stack does not know, and whatever is beyond the bounds, are left out.
    static func read(_ message: [UInt8], from peer: PeerID) throws(IdentifyError) -> PeerIdentity {
        var identity = PeerIdentity()
        var reader = ProtobufReader(message[...])
        while let field = try Self.next(&reader) {
            guard case .bytes(let value) = field.value else { continue }
            switch field.number {
            case Field.key:
                guard let key = try? PublicKeyProtobuf.decode(value), PeerID(ed25519: key) == peer
                else { throw .otherKey }
            case Field.address:
                Self.append(try? Multiaddr(bytes: value), to: &identity.addresses)
            case Field.protocolName: Self.append(Self.text(value), to: &identity.protocols)
            case Field.observed: identity.observed = try? Multiaddr(bytes: value)
            case Field.protocolVersion: identity.protocolVersion = Self.text(value)
            case Field.agentVersion: identity.agentVersion = Self.text(value)
            default: break
            }
        }
        return identity
    }

    private static func next(_ reader: inout ProtobufReader) throws(IdentifyError)
        -> ProtobufField?
    {
        do {
            return try reader.next()
        } catch {
            throw .malformed
        }
    }

    private static func append<Value>(_ value: Value?, to values: inout [Value]?) {
        guard let value, (values?.count ?? 0) < SwarmLimits.identifyEntriesMax else { return }
        values = (values ?? []) + [value]
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count <= SwarmLimits.identifyTextBytesMax else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The ping protocol: 32 bytes come back as they are.
enum Ping {
    static let protocolID = "/ipfs/ping/1.0.0"
}
