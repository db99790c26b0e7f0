import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Which network an identity was last heard from (D-25).
struct NetworkBook: Sendable {
    /// A class of operators for counting how independent voices are.
    enum Network: Hashable, Sendable {
        /// Whoever runs the network of a public address.
        case run(by: NetworkOperator)
        /// Nobody knows; all such identities are taken as one network.
        case unknown
        /// On one machine every identity stands for itself.
        case itself(NodeID)
    }

    private let table: PrefixTable
    private let isLocalProfile: Bool
    private var operators: OrderedDictionary<NodeID, NetworkOperator> = [:]
    /// The newest announcement of each key, and where it came from.
    private var sightings: OrderedDictionary<NodeID, Sighting> = [:]

    private struct Sighting: Sendable {
        let at: Timestamp
        let network: NetworkOperator?
    }

    init(operators table: PrefixTable = PrefixTable(), isLocalProfile: Bool) {
        self.table = table
        self.isLocalProfile = isLocalProfile
    }

    /// Notes the addresses of an announcement; the first public one counts.
    mutating func announced(
        _ announcement: PeerAnnounce,
        by identity: NodeID,
        key: NodeID,
        at time: Timestamp
    ) {
        let table = self.table
        let found = announcement.addresses.lazy
            .compactMap { (try? Multiaddr($0)).flatMap { table.network(of: $0) } }.first
        self.operators[identity] = found
        guard self.sightings[key].map({ $0.at <= time }) ?? true else { return }
        self.sightings[key] = Sighting(at: time, network: found)
    }

    /// The network that an identity contributes: its root's, or while that is away its lowest
    /// child's (D-25).
    ///
    /// - Parameters:
    ///   - identity: the root.
    ///   - children: keys that act for it.
    ///   - time: who announced itself shortly before is there.
    /// - Returns: one network, however many the keys are in.
    func network(of identity: NodeID, children: some Sequence<NodeID>, at time: Timestamp)
        -> Network
    {
        let isPresent = { (key: NodeID) in
            self.sightings[key].map {
                time.milliseconds(since: $0.at) <= ReputationLimits.activeMilliseconds
            } ?? false
        }
        let speaker = isPresent(identity) ? identity : children.filter(isPresent).min()
        guard !self.isLocalProfile, let network = speaker.flatMap({ self.sightings[$0]?.network })
        else { return self.network(of: identity) }
        return .run(by: network)
    }

    func network(of identity: NodeID) -> Network {
        if self.isLocalProfile { return .itself(identity) }
        return self.operators[identity].map { .run(by: $0) } ?? .unknown
    }

    /// How many networks these identities come from.
    func count(_ identities: some Sequence<NodeID>) -> Int {
        Set(identities.map { self.network(of: $0) }).count
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let found = self.operators.removeValue(forKey: old) else { return }
        if self.operators[new] == nil { self.operators[new] = found }
    }

    /// For the digest.
    var lines: String {
        self.operators.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
            + self.sightings.sorted { $0.key < $1.key }.map { key, sighting in
                "\(key) \(sighting.at.milliseconds)\n"
            }.joined()
    }
}
