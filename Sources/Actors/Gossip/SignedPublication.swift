public import Cryptography
import GossipSub
public import Messages
import Multiformats

/// What a publisher that runs no node puts on the wire.
public enum SignedPublication {
    /// The GossipSub frame of one message, with its length prefix, signed by its publisher.
    ///
    /// - Parameters:
    ///   - message: signed by the same key.
    ///   - sequenceNumber: larger than any that the publisher used before.
    ///   - key: the publisher's.
    /// - Returns: nil for a message that travels on streams only.
    public static func frame(of message: Message, sequenceNumber: UInt64, by key: SigningKey)
        -> [UInt8]?
    {
        guard case .gossip(let topic) = message.type?.channel else { return nil }
        return Publication.frame(
            of: message.canonical,
            topic: topic.rawValue,
            from: PeerID(ed25519: key.publicKey),
            sequenceNumber: sequenceNumber,
            by: key
        )
    }
}
