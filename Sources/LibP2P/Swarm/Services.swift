import Cryptography
import Multiformats

/// The identify protocol: who a host is and what it speaks.
enum Identify {
    static let protocolID = "/ipfs/id/1.0.0"
    private static let protocolVersion = "ipfs/0.1.0"

    /// The message, with its varint length.
    static func message(
        _ configuration: SwarmConfiguration,
        listening: [Multiaddr],
        observed: Multiaddr?
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.append(
            bytes: PublicKeyProtobuf.encode(configuration.identity.publicKey),
            field: 1
        )
        for address in listening { writer.append(bytes: address.withoutPeer.bytes, field: 2) }
        for name in configuration.offeredProtocols { writer.append(string: name, field: 3) }
        if let observed { writer.append(bytes: observed.bytes, field: 4) }
        writer.append(string: Self.protocolVersion, field: 5)
        writer.append(string: configuration.agentVersion, field: 6)
        return Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
    }
}

/// The ping protocol: 32 bytes come back as they are.
enum Ping {
    static let protocolID = "/ipfs/ping/1.0.0"
}
