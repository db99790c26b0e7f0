public import Multiformats

/// A peer that a PRUNE offers instead of its sender.
///
/// Source: gossipsub v1.1 spec, PRUNE Backoff and Peer Exchange.
public struct OfferedPeer: Sendable, Equatable {
    /// Whom to dial.
    public let peer: PeerID
    /// Its signed peer record, not checked; nil when the sender had none.
    public let signedRecord: [UInt8]?

    /// Reads a `PeerInfo`; nil for one without a peer id that this stack knows.
    init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var peer: PeerID?
        var record: [UInt8]?
        while let field = try? reader.next() {
            guard case .bytes(let value) = field.value else { return nil }
            switch field.number {
            case 1: peer = try? PeerID(bytes: value)
            case 2:
                guard value.count <= RPCLimits.peerRecordBytesMax else { return nil }
                record = Array(value)
            default: break
            }
        }
        guard let peer, peer.ed25519Key != nil else { return nil }
        self.peer = peer
        self.signedRecord = record
    }
}
