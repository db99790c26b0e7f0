import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Which network an identity was last heard from (D-25).
struct NetworkBook: Sendable {
    /// A class of operators for counting how independent voices are.
    enum Network: Hashable, Sendable {
        /// The prefix of a public address.
        case prefix(UInt32)
        /// Nobody knows; all such identities are taken as one network.
        case unknown
        /// On one machine every identity stands for itself.
        case itself(NodeID)
    }

    private let isLocalProfile: Bool
    private var prefixes: OrderedDictionary<NodeID, UInt32> = [:]

    init(isLocalProfile: Bool) { self.isLocalProfile = isLocalProfile }

    /// Notes the addresses of an announcement; the first public one counts.
    mutating func announced(_ announcement: PeerAnnounce, by identity: NodeID) {
        let prefix = announcement.addresses.lazy
            .compactMap { try? Multiaddr($0).publicNetworkPrefix }.first
        self.prefixes[identity] = prefix
    }

    func network(of identity: NodeID) -> Network {
        if self.isLocalProfile { return .itself(identity) }
        return self.prefixes[identity].map { .prefix($0) } ?? .unknown
    }

    /// How many networks these identities come from.
    func count(_ identities: some Sequence<NodeID>) -> Int {
        Set(identities.map { self.network(of: $0) }).count
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let prefix = self.prefixes.removeValue(forKey: old) else { return }
        if self.prefixes[new] == nil { self.prefixes[new] = prefix }
    }

    /// For the digest.
    var lines: String {
        self.prefixes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }
}
