import Messages
import OrderedCollections
import Primitives

/// Which nodes claim to hold which artefact.
struct ContentIndex: Sendable {
    private var hosts: OrderedDictionary<ContentHash, OrderedSet<NodeID>> = [:]

    /// Artefacts known.
    var count: Int { self.hosts.count }

    /// Takes in the entries of a SHARE.
    mutating func add(_ share: Share, from host: NodeID) {
        for entry in share.entries {
            let known = self.hosts[entry.contentHash]?.count ?? 0
            guard known < StorageMarketLimits.hostsPerArtefactMax else { continue }
            self.hosts[entry.contentHash, default: []].append(host)
        }
        let excess = self.hosts.count - StorageMarketLimits.indexedArtefactsMax
        if excess > 0 { self.hosts.removeFirst(excess) }
    }

    /// Hosts of an artefact in the order in which they were heard.
    func hosts(of hash: ContentHash) -> [NodeID] { self.hosts[hash].map(Array.init) ?? [] }

    /// The index in an order that does not depend on arrival.
    var lines: [String] {
        self.hosts.keys.sorted().map { hash in
            let hosts = self.hosts(of: hash).sorted().map(\.hex)
            return "\(hash) \(hosts.joined(separator: ","))\n"
        }
    }
}
