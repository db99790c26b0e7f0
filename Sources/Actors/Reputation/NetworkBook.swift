public import Identities
import Messages
public import Multiformats
import OrderedCollections
import Primitives

/// Which network an identity was last heard from (D-25).
struct NetworkBook: Sendable, Codable {
    /// A class of operators for counting how independent voices are.
    enum Network: Hashable, Sendable {
        /// Whoever runs the network of a public address.
        case run(by: NetworkOperator)
        /// Nobody knows; all such identities are taken as one network.
        case unknown
        /// On one machine every identity stands for itself.
        case itself(NodeID)
    }

    private var table = PrefixTable()
    private let isLocalProfile: Bool
    private var operators: OrderedDictionary<NodeID, NetworkOperator> = [:]
    /// The newest announcement of each key, and where it came from.
    private var sightings: OrderedDictionary<NodeID, Sighting> = [:]

    fileprivate struct Sighting: Sendable, Codable {
        let at: Timestamp
        let network: NetworkOperator?
    }

    init(operators table: PrefixTable = PrefixTable(), isLocalProfile: Bool) {
        self.table = table
        self.isLocalProfile = isLocalProfile
    }

    /// The table is a file of the operator, so that no checkpoint holds it.
    private enum CodingKeys: CodingKey {
        case isLocalProfile, operators, sightings
    }

    /// Looks addresses up in this table from now on.
    mutating func use(_ table: PrefixTable) { self.table = table }

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

    /// The network that the identity of a key contributes at a moment.
    func network(of key: NodeID, _ keys: KeyRegistry, at time: Timestamp) -> Network {
        let identity = keys.identity(of: key)
        let children = keys.keys(of: identity).dropFirst()
        return self.network(of: identity, children: children, at: time)
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
}

extension NetworkBook: Book {
    /// The table of networks and the profile are the configuration of this node.
    func digest(into writer: inout some StateWriter) {
        writer.field("operators", self.operators)
        writer.field("sightings", self.sightings)
    }
}

extension NetworkBook.Sighting: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("network", self.network)
    }
}

extension NetworkOperator: Digestible {
    /// Writes the kind and the number.
    public func digest(into writer: inout some StateWriter) {
        switch self {
        case .autonomousSystem(let number):
            writer.number(0 as UInt8)
            writer.number(number)
        case .prefix(let bits):
            writer.number(1 as UInt8)
            writer.number(bits)
        }
    }
}

extension NetworkBook.Network {
    /// What others call it.
    var name: NetworkName {
        switch self {
        case .run(let network): NetworkName("\(network)")
        case .unknown: .unknown
        case .itself(let identity): NetworkName(identity.hex)
        }
    }
}
