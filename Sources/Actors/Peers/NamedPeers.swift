import Messages
import OrderedCollections
import Primitives

/// The addresses that the operator wrote down, and which peers they lead to (R-04-001).
struct NamedPeers: Sendable {
    /// A configured address.
    private struct Entry: Sendable {
        let address: String
        /// The operators of both nodes agreed to serve each other.
        let isDirect: Bool
        /// Known from `/p2p/…` or from the first connection.
        private(set) var node: NodeID?
        private(set) var dials: DialHistory
        /// What came of the newest dial, for the operator.
        private(set) var tries = DialTries()

        init(_ address: String, isDirect: Bool, now: Timestamp) {
            self.address = address
            self.isDirect = isDirect
            self.node = AddressText.node(in: address)
            self.dials = DialHistory(now: now)
        }

        /// The address without the peer.
        var host: String { AddressText.host(of: self.address) }

        /// Whether the dial under way may lead to a peer that has an address: it is to find this peer, or,
        /// where it is not known who is there, it is of that address.
        func isDialling(_ peer: NodeID, at address: String) -> Bool {
            guard self.dials.isUnderWay else { return false }
            if let node { return node == peer }
            return self.host.utf8.elementsEqual(AddressText.host(of: address).utf8)
        }

        /// Whether a peer at an address can be the one that the operator named; a key that the operator
        /// named is not replaced.
        func isMeant(by node: NodeID, at address: String) -> Bool {
            if self.node == node { return true }
            return AddressText.node(in: self.address) == nil
                && self.host.utf8.elementsEqual(AddressText.host(of: address).utf8)
        }

        mutating func reached(_ node: NodeID, now: Timestamp) {
            self.node = node
            self.dials.succeed()
            self.tries.reach(self.address, now: now)
        }

        mutating func dial(now: Timestamp) {
            self.dials.begin(now: now)
            self.tries.begin(self.address, now: now)
        }

        mutating func fail(_ reason: String, now: Timestamp) {
            self.dials.fail(reason, now: now)
            self.tries.fail(at: self.address, .dial, reason, now: now)
        }

        mutating func postpone(until time: Timestamp) { self.dials.postpone(until: time) }

        mutating func note(_ reason: String) { self.dials.note(reason) }
    }

    private let own: NodeID
    private var entries: [Entry]

    init(_ configuration: PeersConfiguration, now: Timestamp) {
        self.own = configuration.ownNode
        // Outcomes of dials come in the normal spelling, whatever the operator wrote.
        let direct = OrderedSet(configuration.direct.map { AddressText.normal($0) })
        let others = configuration.bootstrap.map { AddressText.normal($0) }
        self.entries = direct.union(others).map {
            Entry($0, isDirect: direct.contains($0), now: now)
        }
    }

    // MARK: Questions

    /// The peers, as far as their keys are known.
    var nodes: OrderedSet<NodeID> { OrderedSet(self.entries.compactMap(\.node)) }

    /// Peers with which the operators agreed to serve each other.
    var directNodes: OrderedSet<NodeID> {
        OrderedSet(self.entries.filter(\.isDirect).compactMap(\.node))
    }

    /// How many dials are under way.
    var dialling: Int { self.entries.count { $0.dials.isUnderWay } }

    /// Whether every address was dialled without success, apart from this node's own.
    var areInVain: Bool {
        self.entries.allSatisfy { $0.dials.failures > 0 || $0.node == self.own }
    }

    /// Whether a dial under way may lead to a peer that has an address.
    func isDialling(_ peer: NodeID, at address: String) -> Bool {
        self.entries.contains { $0.isDialling(peer, at: address) }
    }

    /// The addresses, each with the outcome of its newest dial.
    var report: [PeerTable.Bootstrap] {
        self.entries.map {
            PeerTable.Bootstrap(address: $0.address, lastDialFailure: $0.dials.lastFailure)
        }
    }

    /// What came of the dials of addresses that led to no peer of the table.
    func dials(beside peers: KnownPeers) -> [PeerTable.Dial] {
        self.entries.filter { entry in entry.node.map { peers[$0] == nil } ?? true }
            .flatMap { $0.tries.report(of: $0.node) }
    }

    // MARK: Dials

    /// Dials the addresses whose peers are not connected.
    ///
    /// - Parameters:
    ///   - room: how many dials may begin.
    ///   - peers: the table.
    ///   - now: the time.
    /// - Returns: the dials.
    mutating func dial(room: Int, _ peers: KnownPeers, now: Timestamp) -> [PeersAction] {
        var actions: [PeersAction] = []
        for index in self.entries.indices where actions.count < room {
            let entry = self.entries[index]
            let isConnected = entry.node.flatMap { peers[$0] }?.isConnected ?? false
            guard !entry.dials.isUnderWay, !isConnected, entry.dials.isDue(now: now),
                entry.node != self.own, !Self.isBeingTried(entry, peers)
            else { continue }
            self.entries[index].dial(now: now)
            actions.append(.dial(entry.address))
        }
        return actions
    }

    /// Whether the peer of an address is being dialled as one of the table, wherever; where it is not known who is
    /// there, whether any peer of the table is being dialled at that host.
    private static func isBeingTried(_ entry: Entry, _ peers: KnownPeers) -> Bool {
        if let node = entry.node { return peers[node]?.dials.isUnderWay ?? false }
        let host = entry.host
        return peers.contains { record in
            guard record.dials.isUnderWay, let address = record.addresses.last else { return false }
            return AddressText.host(of: address).utf8.elementsEqual(host.utf8)
        }
    }

    /// The dial of an address failed.
    mutating func dialFailed(_ address: String, reason: String, now: Timestamp) {
        let text = AddressText.normal(address)
        for index in self.entries.indices
        where self.entries[index].address.utf8.elementsEqual(text.utf8) {
            self.entries[index].fail(reason, now: now)
        }
    }

    /// Dials whose outcome never came; without this they would never be repeated.
    mutating func giveUpLate(_ reason: String, now: Timestamp) {
        for index in self.entries.indices where self.entries[index].dials.isLate(now: now) {
            self.entries[index].fail(reason, now: now)
        }
    }

    /// A dial led to a peer; now it is known who is at the address.
    mutating func reached(_ node: NodeID, at address: String, now: Timestamp) {
        for index in self.entries.indices
        where self.entries[index].isMeant(by: node, at: address) {
            self.entries[index].reached(node, now: now)
        }
    }

    /// A dial found a peer that is connected already.
    ///
    /// Only a peer that this node dialled can be recognised: an inbound peer may have claimed the
    /// address of a bootstrap node, and only a dial to that address proves such a claim.
    mutating func found(
        _ node: NodeID,
        at address: String,
        isOutbound: Bool,
        reason: String,
        now: Timestamp
    ) {
        for index in self.entries.indices {
            let entry = self.entries[index]
            guard entry.isMeant(by: node, at: address) else { continue }
            if entry.node == node || isOutbound && entry.dials.isUnderWay {
                self.entries[index].reached(node, now: now)
            } else if entry.dials.isUnderWay {
                self.entries[index].fail(reason, now: now)
            }
        }
    }

    /// The next dial of a peer comes no sooner.
    mutating func postpone(_ node: NodeID, until time: Timestamp) {
        for index in self.entries.indices where self.entries[index].node == node {
            self.entries[index].postpone(until: time)
        }
    }

    /// A peer did not pass the handshake, for this reason.
    mutating func note(_ reason: String, about node: NodeID) {
        for index in self.entries.indices where self.entries[index].node == node {
            self.entries[index].note(reason)
        }
    }
}
