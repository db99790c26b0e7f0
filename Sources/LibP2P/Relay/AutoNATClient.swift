package import Multiformats

/// Whether a host can be reached from outside.
public enum Reachability: Equatable, Sendable {
    /// Too few peers have tried.
    case unknown
    /// Several peers reached it.
    case reachable
    /// Several peers did not: it needs a relay to be reached.
    case unreachable
}

/// What other peers find about a host's reachability by dialling it.
///
/// Pure: answers and seconds go in, the verdict and whom to ask come out. Answers are not proven, so
/// the peers of one network operator have one voice for an hour, and several have to agree.
///
/// Source: libp2p/specs autonat/autonat-v1.md.
package struct AutoNATClient: Sendable {
    package static let protocolID = "/libp2p/autonat/1.0.0"

    /// What a peer found.
    package enum Answer: Equatable, Sendable {
        case reached(Multiaddr?)
        case notReached
        /// It did not try.
        case none(String)
    }

    private enum Field {
        static let kind = 1
        static let dial = 2
        static let response = 3
    }

    private let known: Reachability
    private var voices: [(network: NetworkKey, isReached: Bool, at: UInt64)] = []
    /// When a peer of each operator's network was last asked.
    private var asked: [NetworkKey: UInt64] = [:]
    package private(set) var verdict: Reachability

    /// - Parameter known: what the host knows without asking; then nobody is asked.
    package init(known: Reachability = .unknown) {
        self.known = known
        self.verdict = known
    }

    /// Networks whose answer counts.
    package var voiceCount: Int { self.voices.count }

    // MARK: Messages

    /// The request to dial these addresses of this host, with its length.
    package static func request(_ ownPeer: PeerID, _ addresses: [Multiaddr]) -> [UInt8] {
        var info = ProtobufWriter()
        info.append(bytes: ownPeer.bytes, field: 1)
        for address in addresses.prefix(RelayLimits.addressesMax) {
            info.append(bytes: address.withoutPeer.bytes, field: 2)
        }
        var dial = ProtobufWriter()
        dial.append(bytes: info.bytes, field: 1)
        var message = ProtobufWriter()
        message.append(varint: 0, field: Field.kind)
        message.append(bytes: dial.bytes, field: Field.dial)
        return Varint.encode(UInt64(message.bytes.count)) + message.bytes
    }

    /// Reads an answer without its length.
    package static func answer(_ bytes: [UInt8]) throws(RelayError) -> Answer {
        let fields = try RelayFields(bytes[...])
        guard fields.number(Field.kind) == 1, let response = try fields.fields(Field.response)
        else {
            throw .malformed
        }
        switch response.number(1) ?? 0 {
        case 0: return .reached(response.bytes(3).flatMap { try? Multiaddr(bytes: $0) })
        case 100: return .notReached
        case let code: return .none("the peer answers with code \(code)")
        }
    }

    // MARK: Asking

    /// The peers to ask now, of the connected ones that dial back: one of each network that was not
    /// asked for a while, which is shorter as long as there is no verdict.
    package mutating func due(among peers: [(peer: PeerID, network: NetworkKey)], now: UInt64)
        -> [PeerID]
    {
        guard self.known == .unknown else { return [] }
        let pause =
            self.verdict == .unknown
            ? RelayLimits.reachabilityRetrySeconds : RelayLimits.reachabilityRenewalSeconds
        self.asked = self.asked.filter { now < $0.value + RelayLimits.reachabilityRenewalSeconds }
        var due: [PeerID] = []
        for (peer, address) in peers where due.count < RelayLimits.reachabilityVotes {
            let network = address.ofOperator
            if let last = self.asked[network], now < last + pause { continue }
            self.asked[network] = now
            due.append(peer)
        }
        return due
    }

    /// Takes in the answer of a peer that is connected from this network.
    package mutating func answered(from address: NetworkKey, _ answer: Answer, now: UInt64) {
        let isReached: Bool
        switch answer {
        case .reached: isReached = true
        case .notReached: isReached = false
        case .none: return
        }
        guard self.known == .unknown else { return }
        let network = address.ofOperator
        self.voices.removeAll {
            $0.network == network || $0.at + RelayLimits.reachabilityAnswerSeconds <= now
        }
        self.voices.append((network, isReached, now))
        if self.voices.count > RelayLimits.reachabilityAnswersMax { self.voices.removeFirst() }
        let reached = self.voices.count(where: \.isReached)
        if reached >= RelayLimits.reachabilityVotes { self.verdict = .reachable }
        if self.voices.count - reached >= RelayLimits.reachabilityVotes {
            self.verdict = .unreachable
        }
    }

    /// The host's addresses changed: what was found before says nothing.
    package mutating func reset() { self = AutoNATClient(known: self.known) }
}
