import Cryptography
import Discovery
import Multiformats
import Relay
import Swarm

/// What a swarm reads besides its streams: names and neighbours, identify, relays.
enum SwarmFuzzing {
    @Sendable static func dns(_ input: [UInt8]) {
        Self.checkFixedPoint(input, ForeignNames.dns)
        for answer in ForeignNames.multicastDNS(input, to: Self.own) {
            precondition(answer.count <= 9_000, "an answer out of proportion")
            precondition(answer != Self.own.bytes, "a host has found itself")
        }
    }

    @Sendable static func identify(_ input: [UInt8]) {
        guard let identity = ForeignBytes.identify(input, of: Self.own) else { return }
        precondition((identity.addresses?.count ?? 0) <= 128, "too many addresses")
        precondition((identity.protocols?.count ?? 0) <= 128, "too many protocols")
    }

    @Sendable static func relay(_ input: [UInt8]) {
        let message = Array(input.dropFirst())
        switch input.first.map({ $0 % 6 }) {
        case 0: Self.checkFixedPoint(message, ForeignRelayMessages.hop)
        case 1: Self.checkFixedPoint(message, ForeignRelayMessages.stop)
        case 3: Self.checkFixedPoint(message, ForeignRelayMessages.holePunch)
        case 5: Self.checkFixedPoint(message, ForeignRelayMessages.voucher)
        case 4:
            guard let observed = Self.observed else { return }
            let targets = ForeignRelayMessages.dialBack(message, of: Self.own, at: observed) ?? []
            precondition(targets.count <= 4, "too many dials")
            for target in targets {
                precondition(
                    target.components.first == observed.components.first,
                    "a dial to another host"
                )
            }
        default: _ = ForeignRelayMessages.isReachabilityAnswer(message)
        }
    }

    /// Where the peer is seen.
    private static let observed = try? Multiaddr("/ip4/192.168.1.2/tcp/4001")

    private static func checkFixedPoint(_ input: [UInt8], _ read: ([UInt8]) -> [UInt8]?) {
        guard let form = read(input), let again = read(form) else { return }
        precondition(again == form, "the own form is no fixed point")
    }

    private static let own: PeerID = {
        guard let key = try? SigningKey(seed: [UInt8](repeating: 1, count: 32)) else {
            fatalError("32 bytes are a seed")
        }
        return PeerID(ed25519: key.publicKey)
    }()
}
