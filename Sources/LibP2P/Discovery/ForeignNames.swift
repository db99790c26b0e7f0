package import Multiformats
import NIOCore

/// The decoders of DNS and mDNS messages, exposed for fuzzing.
package enum ForeignNames {
    /// A DNS message, of multicast or not, decoded and encoded again; nil when it is refused.
    ///
    /// Encoding what was decoded has to give the same bytes again.
    package static func dns(_ bytes: [UInt8]) -> [UInt8]? {
        (try? DNSMessage(bytes: bytes))?.encoded()
    }

    /// The replies of an mDNS agent that hears this message first.
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
