public import Cryptography
import Gossip
import Kernel
public import Messages
public import Primitives

/// Identities without a kernel, each a key that signs and announces.
///
/// Their messages are real: signed envelopes inside signed GossipSub messages, which a few connected
/// peers hand to nodes as a relay does, and which take the whole way of admission on every node. What
/// a member lacks is a mesh, a log and opinions of its own.
public final class Fleet {
    /// One signed message on its way into the network.
    public struct Publication: Sendable {
        /// The envelope.
        public let message: Message
        fileprivate let frame: [UInt8]
    }

    /// Keys of members and of the peers that carry their messages, from a seed.
    public struct Crew: Sendable {
        /// Members in the order of their numbers.
        public let members: [SigningKey]
        let carriers: [SigningKey]

        private static let stream: UInt64 = 0x666c_6565_74

        /// Makes keys.
        ///
        /// - Parameters:
        ///   - count: how many members.
        ///   - carriers: how many peers carry their messages, each for its share of the members.
        ///   - seed: the source of the keys.
        /// - Throws: never with seeds of 32 bytes.
        public init(count: Int, carriers: Int, seed: UInt64) throws {
            // Another stream than that of the nodes' keys, which may come from the same seed.
            var random = SplitMix64(seed: seed ^ Self.stream)
            func key() throws -> SigningKey {
                try SigningKey(seed: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            }
            self.members = try (0..<count).map { _ in try key() }
            self.carriers = try (0..<carriers).map { _ in try key() }
        }

        /// Who they are.
        public var identities: [NodeID] { self.members.map { NodeID($0.publicKey) } }
    }

    /// The keys.
    let crew: Crew
    private let carriers: [LightPeer]
    private let nodes: Int
    private let clock: ManualClock

    /// Carriers get the numbers behind those of the nodes.
    init(_ crew: Crew, in network: SimulatedNetwork, of nodes: Int, clock: ManualClock) {
        self.crew = crew
        self.clock = clock
        self.nodes = nodes
        self.carriers = crew.carriers.enumerated().map { place, key in
            let peer = LightPeer(key: key, number: nodes + place, network: network)
            network.add(peer, as: nodes + place)
            return peer
        }
    }

    /// Connects the carriers, spread evenly over the nodes.
    public func connect() {
        for (place, carrier) in self.carriers.enumerated() {
            carrier.dial(place * self.nodes / self.carriers.count, at: self.clock.now)
        }
    }

    /// Signs what members say at a moment; any task may do it ahead of time.
    ///
    /// - Parameters:
    ///   - crew: whose keys.
    ///   - time: the moment.
    /// - Returns: an announcement of each.
    /// - Throws: a ``Refusal`` when an announcement would not hold.
    public static func announcements(of crew: Crew, at time: Timestamp) throws -> [Publication] {
        try crew.members.map { key in
            let payload = Self.announcement(of: NodeID(key.publicKey), at: time)
            return try Self.publication(.peerAnnounce, payload, at: time, by: key)
        }
    }

    /// Signs one message of a member.
    ///
    /// - Throws: a ``Refusal`` when no receiver would accept it.
    public func publication(
        of member: Int,
        _ type: MessageType,
        _ payload: JSONValue,
        at time: Timestamp
    ) throws -> Publication {
        try Self.publication(type, payload, at: time, by: self.crew.members[member])
    }

    /// Hands messages to the nodes; those of one call travel together.
    public func publish(_ publications: some Sequence<Publication>) {
        var shares = [[[UInt8]]](repeating: [], count: self.carriers.count)
        for (place, publication) in publications.enumerated() {
            shares[place % shares.count].append(publication.frame)
        }
        for (carrier, share) in zip(self.carriers, shares) {
            carrier.send(share, at: self.clock.now)
        }
    }

    // MARK: What members say

    private static let dayMilliseconds: Int64 = 86_400_000

    /// A member that can only dial out announces no address; its proof is one of the day.
    private static func announcement(of member: NodeID, at time: Timestamp) -> JSONValue {
        let day = time.milliseconds / Self.dayMilliseconds * Self.dayMilliseconds
        let proof = SimulatedProof.make(
            member.bytes,
            computedAt: Timestamp(milliseconds: day)
        )
        return .object([
            ("addresses", .array([])),
            ("capabilities", .array([.string("vote")])),
            ("version", .integer(0)),
            ("uptime_seconds", .integer((time.milliseconds - day) / 1_000)),
            ("sync_status", .string(SyncState.synced.rawValue)),
            ("vdf_proof", proof.json),
        ])
    }

    private static func publication(
        _ type: MessageType,
        _ payload: JSONValue,
        at time: Timestamp,
        by key: SigningKey
    ) throws -> Publication {
        let message = try EnvelopeCodec.sign(type, payload: payload, timestamp: time, key: key)
        guard
            let frame = SignedPublication.frame(
                of: message,
                sequenceNumber: UInt64(clamping: time.milliseconds),
                by: key
            )
        else { throw Refusal(.wrongTopic, "\(type.rawValue) is a stream message") }
        return Publication(message: message, frame: frame)
    }
}
