public import Cryptography
public import Multiformats

/// What a publisher that keeps no mesh puts on the wire.
public enum Publication {
    /// The RPC that carries one message, signed by its publisher, with its length prefix.
    ///
    /// - Parameters:
    ///   - data: the payload.
    ///   - topic: where it is published.
    ///   - peer: the publisher.
    ///   - sequenceNumber: larger than any that the publisher used before.
    ///   - key: the key behind `peer`.
    /// - Returns: a frame that satisfies StrictSign.
    public static func frame(
        of data: [UInt8],
        topic: String,
        from peer: PeerID,
        sequenceNumber: UInt64,
        by key: SigningKey
    ) -> [UInt8] {
        PubsubMessage.signed(
            data: data,
            topic: topic,
            from: peer,
            sequenceNumber: sequenceNumber,
            by: key
        ).encodeFrame()
    }
}
