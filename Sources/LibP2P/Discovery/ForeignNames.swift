package import Multiformats
import NIOCore

/// The decoders of names and neighbours, for those who feed them with noise.
package enum ForeignNames {
    /// A DNS message, of multicast or not, read and in this host's own form; nil when it is refused.
    ///
    /// Reading that form again has to end in the same bytes.
    package static func dns(_ bytes: [UInt8]) -> [UInt8]? {
        (try? DNSMessage(bytes: bytes))?.encoded()
    }

    /// What an mDNS agent, in a conversation of its own, says to a message.
    package static func multicastDNS(_ bytes: [UInt8], to own: PeerID) -> [[UInt8]] {
        guard let message = try? DNSMessage(bytes: bytes),
            var agent = MDNSAgent(ownPeer: own, instanceName: "me")
        else { return [] }
        let actions = agent.received(message, addresses: [], isFromPort: true, now: .now())
        return actions.map { action in
            switch action {
            case .multicast(let answer), .reply(let answer): answer.encoded()
            case .found(let peer, _): peer.bytes
            }
        }
    }
}
