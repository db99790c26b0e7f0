package import Multiformats

/// The decoders of this layer, exposed for fuzzing; nil is what they refuse.
package enum ForeignBytes {
    /// An identify message of a peer, without its length.
    package static func identify(_ bytes: [UInt8], of peer: PeerID) -> PeerIdentity? {
        try? Identify.read(bytes, from: peer)
    }
}
