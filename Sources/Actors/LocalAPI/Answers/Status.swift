package import Doors
import Kernel
package import Messages
import Primitives

// What subsystems say of themselves.

extension SyncState: Shown {}

extension GossipStatus.Reply: Record {
    package static let about = "How messages travel."
    package static let fields: [Field<GossipStatus.Reply>] = [
        Field("connected_peers", "Peers with a connection.") { $0.connectedPeers },
        .formed("mesh", "Peers that hear of each topic at once.", .map(.count)) { reply in
            .object(zip(Topic.allCases, reply.meshSizes).map { ($0.rawValue, $1.shown) })
        },
        Field("in_flight", "Messages that are being judged.") { $0.inFlight },
        Field("relayed", "Messages that were handed on.") { $0.relayed },
        Field("refused", "Messages that were not.") { $0.refused },
        Field("addresses", "Where this node listens.") { $0.addresses }.inOwnWords,
        Field("reachable", "Whether others reach it.") { $0.isReachable },
    ]
}

/// The peer table in numbers.
struct PeerCounts: Record {
    let table: PeerTable.Reply

    static let about = "The peer table in numbers."
    static let fields: [Field<PeerCounts>] = [
        Field("known", "Nodes that are known.") { $0.table.rows.count },
        Field("authenticated", "Nodes that have shown that they have their key.") {
            $0.table.rows.count(where: \.isAuthenticated)
        },
        Field("other_founders", "Nodes of other networks.") {
            $0.table.rows.count(where: \.hasOtherFounders)
        },
        Field("bootstrap", "Addresses whose node is not known yet.") { $0.table.bootstrap },
    ]
}

extension VerificationStatus.Reply: Record {
    package static let about = "What was checked, and how the clock compares."
    package static let fields: [Field<VerificationStatus.Reply>] = [
        Field("verified", "Messages with a good signature.") { $0.verified },
        .formed("refused", "Messages that were refused, by code.", .map(.count)) {
            .object($0.refused.map { ($0.code, $0.count.shown) })
        },
        Field("pending", "Messages that are being checked.") { $0.pending },
        Field("clock_offset_ms", "How far the clock is ahead, in milliseconds.") {
            $0.clock?.offsetMilliseconds
        },
        Field("clock_peers", "Peers that it was compared with.") { $0.clock?.peers ?? 0 },
        .formed(
            "clock",
            "What follows from the comparison.",
            .choice(["right", "wrong", "unreliable", "unknown"])
        ) { .string($0.clock?.standing.rawValue ?? "unknown") },
        Field("clock_jump_ms", "How far the clock jumped last, in milliseconds.") {
            $0.clockJump?.milliseconds
        },
        Field("clock_jumped_at", "When that was noticed.") { $0.clockJump?.noticedAt },
        Field("ntp_offset_ms", "How far the clock is ahead of time servers, in milliseconds.") {
            $0.serverTime?.offsetMilliseconds
        },
        Field("ntp_asked_at", "When they were asked.") { $0.serverTime?.askedAt },
    ]
}

extension IdentityStatus.Reply: Record {
    package static let about = "Who this node is."
    package static let fields: [Field<IdentityStatus.Reply>] = [
        Field("node_id", "Its key.") { $0.nodeID },
        Field("identity", "The identity that it acts for.") { $0.identity },
        Field("linked_identities", "Identities with more than one key.") { $0.linkedIdentities },
        Field("merkle_root", "Root of the tree of all identities.") { $0.merkleRoot },
        Field("signing_stopped_because", "Why it signs nothing any more.") {
            $0.signingStoppedBecause
        }.inOwnWords,
        Field("restored_messages", "Own messages that came back from peers.") {
            $0.restoredMessages
        },
    ]
}

extension ReputationStatus.Reply: Record {
    package static let about = "The ledger in numbers."
    package static let fields: [Field<ReputationStatus.Reply>] = [
        Field("known_identities", "Identities with a score.") { $0.knownIdentities },
        Field("own_score", "This node's score.") { $0.ownScore },
    ]
}

extension ConsensusStatus.Reply: Record {
    package static let about = "Governance in numbers."
    package static let fields: [Field<ConsensusStatus.Reply>] = [
        Field("requests", "Requests that are known.") { $0.requests },
        Field("proposals", "Proposals that are known.") { $0.proposals },
        Field("votes", "Votes that are known.") { $0.votes },
    ]
}

extension StorageStatus.Reply: Record {
    package static let about = "Artefacts in numbers."
    package static let fields: [Field<StorageStatus.Reply>] = [
        Field("stored", "Artefacts on this node.") { $0.storedArtefacts },
        Field("known", "Artefacts that others offer.") { $0.knownArtefacts },
        Field("dropped", "Artefacts that this node keeps no longer, since its start.") {
            $0.droppedArtefacts
        },
        Field("dropped_bytes", "Bytes of these.") { $0.droppedBytes },
    ]
}

extension SyncStatus.Reply: Record {
    package static let about = "How far this node is with what it missed."
    package static let fields: [Field<SyncStatus.Reply>] = [
        Field("state", "How far it is.") { $0.state },
        Field("obtained", "Messages that it got.") { $0.obtained },
        Field("served", "Messages that it gave.") { $0.served },
        .ifAny("partition", "What points to a partition of the network.") { $0.partition },
        Field.ifAny("phase", "The phase that it reads while it catches up.") {
            $0.progress?.phase
        },
        Field.ifAny("phases", "The phases that it has to read.") { $0.progress?.phases },
        Field.ifAny("peers_read", "Of how many peers it has read that phase.") {
            $0.progress?.peersRead
        },
        Field.ifAny("percent", "How far it is through the time that it reads of a peer.") {
            $0.progress?.percent
        },
        Field.ifAny("peers", "Peers that it catches up with.") { $0.progress?.peers },
        Field.ifAny("peers_wanted", "How many it needs.") { $0.progress?.peersWanted },
        Field.ifAny("peers_agreeing", "How many of them hold the same as this node.") {
            $0.progress?.peersAgreeing
        },
        Field.ifAny("next_try", "When it goes on.") { $0.progress?.nextTry },
    ]
}

extension PartitionSeverity: Shown {}

extension PartitionReport: Record {
    package static let about = "How this node differs from synced peers."
    package static let fields: [Field<PartitionReport>] = [
        Field("severity", "How grave it is.") { $0.severity },
        Field("since", "Since when.") { $0.since },
        Field("peers", "From how many peers.") { $0.peers },
        Field("advice", "What a human has to do.") { $0.advice }.inOwnWords,
    ]
}

extension PersistenceStatus.Reply: Record {
    package static let about = "The log."
    package static let fields: [Field<PersistenceStatus.Reply>] = [
        Field("last_sequence", "Its newest entry.") { $0.lastSequence },
        Field("bytes_used", "Bytes that it takes.") { $0.bytesUsed },
        Field("bytes_free", "Bytes that are left for it.") { $0.bytesFree },
        Field("stopped_because", "Why it takes nothing more.") { $0.stoppedBecause }.inOwnWords,
    ]
}
