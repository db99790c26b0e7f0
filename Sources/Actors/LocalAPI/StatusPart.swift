import Doors
import Kernel
import Messages
import Primitives

/// What one subsystem says of itself in a status report.
struct StatusPart: Sendable {
    let name: String
    let value: JSONValue
    /// Over the part of its state that the log determines; nil when there is none.
    let digest: Bytes32?

    private init(_ part: StatusQuestion, _ value: some Record, digest: Bytes32? = nil) {
        self.name = part.rawValue
        self.value = value.shown
        self.digest = digest
    }

    init(_ reply: GossipStatus.Reply) { self.init(.gossip, reply) }

    init(_ reply: PeerTable.Reply) { self.init(.peers, PeerCounts(table: reply)) }

    init(_ reply: VerificationStatus.Reply) { self.init(.verification, reply) }

    init(_ reply: IdentityStatus.Reply) { self.init(.identity, reply, digest: reply.digest) }

    init(_ reply: ReputationStatus.Reply) {
        self.init(.reputation, reply, digest: reply.digest)
    }

    init(_ reply: ConsensusStatus.Reply) { self.init(.consensus, reply, digest: reply.digest) }

    init(_ reply: StorageStatus.Reply) { self.init(.storage, reply, digest: reply.digest) }

    init(_ reply: SyncStatus.Reply) { self.init(.sync, reply) }

    init(_ reply: PluginStatus.Reply) { self.init(.plugins, reply.plugins) }

    init(_ reply: PersistenceStatus.Reply) { self.init(.log, reply, digest: reply.digest) }
}
