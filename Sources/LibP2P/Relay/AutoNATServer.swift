package import Multiformats

/// The side of AutoNAT that dials peers which want to know whether others can reach them.
///
/// Pure: requests and seconds go in, decisions come out. A peer is dialled only at the address at which
/// this host sees it; otherwise it could have third parties dialled. A peer that is not seen at a
/// public address learns nothing from being dialled there.
///
/// Source: libp2p/specs autonat/autonat-v1.md.
package struct AutoNATServer: Sendable {
    package enum Status: UInt64, Sendable {
        case ok = 0
        case dialError = 100
        case dialRefused = 101
        case badRequest = 200
    }

    package enum Decision: Equatable, Sendable {
        case refuse(Status, String)
        /// Dial these, and prove that this peer answers.
        case dial([Multiaddr])
    }

    private struct Counts {
        var total = 0
        var peers: [PeerID: Int] = [:]
        var networks: [NetworkKey: Int] = [:]
    }

    private var counts = Counts()
    private var windowEnd: UInt64 = 0

    package init() {}

    /// A peer asks to be dialled.
    ///
    /// `observed` is where its connection comes from: nil when that cannot be told, or is not public.
    package mutating func asked(
        by peer: PeerID,
        at observed: Multiaddr?,
        network: NetworkKey?,
        _ message: [UInt8],
        now: UInt64
    ) -> Decision {
        guard let (named, addresses) = try? Self.request(message) else {
            return .refuse(.badRequest, "the request cannot be read")
        }
        guard named == nil || named == peer else {
            return .refuse(.badRequest, "the request names another peer")
        }
        guard let observed, let host = observed.components.first else {
            return .refuse(.dialRefused, "your public address is not known here")
        }
        let targets = Self.targets(addresses, at: host, of: peer)
        guard !targets.isEmpty else {
            return .refuse(.dialRefused, "no TCP address of the host you connect from is named")
        }
        guard self.count(peer, network, now: now) else {
            return .refuse(.dialRefused, "too many ask")
        }
        return .dial(targets)
    }

    private static func request(_ message: [UInt8]) throws(RelayError) -> (PeerID?, [Multiaddr]) {
        let fields = try RelayFields(message[...])
        guard fields.number(1) ?? 0 == 0, let dial = try fields.fields(2),
            let info = try dial.fields(1)
        else { throw .malformed }
        guard let id = info.bytes(1) else { return (nil, info.addresses(2)) }
        guard let peer = try? PeerID(bytes: id) else { throw .malformed }
        return (peer, info.addresses(2))
    }

    /// The TCP addresses of a host, for its peer.
    private static func targets(
        _ addresses: [Multiaddr],
        at host: Multiaddr.Component,
        of peer: PeerID
    ) -> [Multiaddr] {
        var targets: [Multiaddr] = []
        for address in addresses where address.components.first == host {
            guard let port = address.tcpPort, port != 0 else { continue }
            let target = address.with(peer: peer)
            if !targets.contains(target) { targets.append(target) }
        }
        return Array(targets.prefix(RelayLimits.dialBackAddressesMax))
    }

    /// Counts one dial; false when there were too many.
    private mutating func count(_ peer: PeerID, _ network: NetworkKey?, now: UInt64) -> Bool {
        if now >= self.windowEnd {
            self.counts = Counts()
            self.windowEnd = now + RelayLimits.dialBackWindow
        }
        let ofPeer = self.counts.peers[peer, default: 0]
        let ofNetwork = network.map { self.counts.networks[$0, default: 0] } ?? 0
        guard self.counts.total < RelayLimits.dialBacksMax,
            ofPeer < RelayLimits.dialBacksPerPeerMax,
            ofNetwork < RelayLimits.dialBacksPerNetworkMax
        else { return false }
        self.counts.total += 1
        self.counts.peers[peer] = ofPeer + 1
        if let network { self.counts.networks[network] = ofNetwork + 1 }
        return true
    }

    /// An answer with its length.
    package static func answer(_ status: Status, _ text: String = "", at address: Multiaddr? = nil)
        -> [UInt8]
    {
        var response = ProtobufWriter()
        response.append(varint: status.rawValue, field: 1)
        if !text.isEmpty { response.append(string: text, field: 2) }
        if let address { response.append(bytes: address.withoutPeer.bytes, field: 3) }
        var message = ProtobufWriter()
        message.append(varint: 1, field: 1)
        message.append(bytes: response.bytes, field: 3)
        return Varint.encode(UInt64(message.bytes.count)) + message.bytes
    }
}
