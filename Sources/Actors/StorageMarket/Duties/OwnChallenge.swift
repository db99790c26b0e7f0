import Messages
import Primitives

/// A challenge of this node on its way: its own proof, the provider's, and a question to compare the time
/// with.
struct OwnChallenge: Sendable {
    /// How far it is.
    enum Stage: Sendable, Equatable {
        /// The blob device computes the own proof.
        case proving
        /// The provider is not connected; it is dialled, and asked at this time in any case.
        case reaching(until: Timestamp)
        /// The provider was asked.
        case asked(at: Timestamp)
        /// It passed, and this much time later a question without bytes is asked.
        case timing(proof: Int64, askedAt: Timestamp)
    }

    /// Which copy of which provider.
    let copy: Copy
    /// The node of the provider that has it, by the key that confirmed it.
    let key: NodeID
    /// What is asked.
    let challenge: StorageChallenge
    /// How far it is.
    var stage = Stage.proving
    /// What a provider answers who holds the bytes; nil until it is computed.
    var expected: Bytes32?
    /// The exchange with the provider's key that is asked.
    var exchange: OutboundExchange?
    /// The STORAGE_CHALLENGE, once it is signed.
    var id: MessageID?
    /// The provider was dialled for it once.
    var wasDialled = false

    /// Chooses a place within an artefact; the window is full where the artefact is long enough (D-70).
    ///
    /// - Parameters:
    ///   - copy: whose copy of what.
    ///   - key: who confirmed it.
    ///   - size: bytes of the artefact, at least 1.
    ///   - chance: for the place and the nonce.
    init(of copy: Copy, at key: NodeID, size: Int64, _ chance: inout Chance) {
        let window = min(
            WireLimits.challengeWindowUsual,
            max(WireLimits.challengeWindowBytes.lowerBound, size)
        )
        let direction: StorageChallenge.Direction =
            chance.number(below: 2) == 0 ? .before : .after
        let place = chance.number(below: max(0, size - window) + 1)
        let offset =
            switch direction {
            case .after: place
            case .before: place + min(window, size)
            }
        self.copy = copy
        self.key = key
        self.challenge = StorageChallenge(
            contentHash: copy.content,
            offset: offset,
            direction: direction,
            windowSize: window,
            challengeNonce: chance.bytes()
        )
    }
}
