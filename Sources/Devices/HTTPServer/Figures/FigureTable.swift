import Exposition
import Kernel
import LocalAPI
import Messages

/// Every figure of a node: the only place where their names are written down (ADR 0075).
///
/// Names follow the conventions of Prometheus: the unit at the end, base units, `_total` for counters. Labels
/// have values that this table knows beforehand, and never say who a peer is.
struct FigureTable: Sendable {
    let figures: [Figure]

    /// - Parameters:
    ///   - version: the version of the software.
    ///   - subsystems: the names of those that are plugged in.
    init(version: String, subsystems: [String]) {
        self.figures =
            Self.node(version) + Self.process + Self.verifier + Self.kernel(subsystems)
            + Self.transport + Self.messages + Self.governance + Self.storage + Self.sync
    }

    private static func node(_ version: String) -> [Figure] {
        [
            .constant("valence_build_info", "The version of the program.", "version", version),
            .conditions(
                "valence_ready",
                "Whether a condition under which the node serves is met.",
                Readiness.conditions
            ),
            .presence(
                "valence_signing_stopped",
                "Whether the node signs nothing, since another process has its key, or might have it.",
                of: "identity",
                "signing_stopped_because"
            ),
            .process(
                "valence_rebuilds_total",
                .counter,
                "How often the node was rebuilt from its log after a fault or a jump of the clock."
            ) { Double($0.rebuilds) },
        ]
    }

    private static let process: [Figure] = [
        .process("process_cpu_seconds_total", .counter, "Processor time in seconds.") {
            $0.processorSeconds
        },
        .process("process_resident_memory_bytes", .gauge, "Memory that is held.") {
            Double($0.memoryBytes)
        },
        .process(
            "valence_transport_read_bytes_total",
            .counter,
            "Bytes that came from sockets of peers."
        ) { Double($0.bytesRead) },
        .process(
            "valence_transport_written_bytes_total",
            .counter,
            "Bytes that were meant for sockets of peers."
        ) { Double($0.bytesWritten) },
        .process("valence_memory_bytes", .gauge, "Memory beside mapped files.") {
            Double($0.memory.bytes)
        },
        .process("valence_memory_max_bytes", .gauge, "Most of it; 0 where there is no bound.") {
            Double($0.memory.bytesMax ?? 0)
        },
        .process("process_open_fds", .gauge, "Open files and sockets.") { Double($0.openFiles) },
        .process("process_max_fds", .gauge, "How many may be open.") { Double($0.openFilesMax) },
        .process("process_start_time_seconds", .gauge, "When the process began, since 1970.") {
            $0.startedAt
        },
    ]

    private static let verifier: [Figure] = [
        .process(
            "valence_verifier_differences_total",
            .counter,
            "How often a table of known senders and libsodium differed; anything but 0 is a fault."
        ) { Double($0.verifier.differences) },
        .process(
            "valence_verifier_accepted_by_tables_total",
            .counter,
            "Signatures that tables of known senders accepted."
        ) { Double($0.verifier.acceptedByTables) },
        .process("valence_verifier_known_senders", .gauge, "Keys that have a table.") {
            Double($0.verifier.knownSenders)
        },
    ]

    private static func kernel(_ subsystems: [String]) -> [Figure] {
        [
            .mailboxes(
                "valence_kernel_delivered_envelopes_total",
                .counter,
                "Envelopes that a subsystem handled.",
                of: subsystems
            ) { $0.delivered },
            .mailboxes(
                "valence_kernel_dropped_envelopes_total",
                .counter,
                "Envelopes that were lost since a mailbox was full.",
                of: subsystems
            ) { $0.dropped },
            .mailboxes(
                "valence_kernel_refused_signals_total",
                .counter,
                "Signals of devices for which a mailbox had no room.",
                of: subsystems
            ) { $0.refusedToDevices },
            .mailboxes(
                "valence_kernel_waiting_envelopes",
                .gauge,
                "Envelopes that wait in a mailbox.",
                of: subsystems
            ) { $0.waiting },
            .mailboxes(
                "valence_kernel_mailbox_capacity_envelopes",
                .gauge,
                "How many may wait there.",
                of: subsystems
            ) { $0.capacity },
        ]
    }

    private static let transport: [Figure] = [
        .number(
            "valence_transport_connected_peers",
            .gauge,
            "Peers with a connection.",
            at: "gossip",
            "connected_peers"
        ),
        .number(
            "valence_peers_authenticated",
            .gauge,
            "Nodes that have shown that they have their key.",
            at: "peers",
            "authenticated"
        ),
        .number("valence_peers_known", .gauge, "Nodes that are known.", at: "peers", "known"),
        .numbers(
            "valence_gossip_mesh_peers",
            .gauge,
            "Peers that hear of a topic at once.",
            by: "topic",
            Topic.allCases.map(\.rawValue),
            at: "gossip",
            "mesh"
        ),
        .number(
            "valence_gossip_relayed_messages_total",
            .counter,
            "Messages that were handed on.",
            at: "gossip",
            "relayed"
        ),
        .number(
            "valence_gossip_refused_messages_total",
            .counter,
            "Messages of peers that were not handed on.",
            at: "gossip",
            "refused"
        ),
        .number(
            "valence_gossip_judging_messages",
            .gauge,
            "Messages that are being judged.",
            at: "gossip",
            "in_flight"
        ),
    ]

    private static let messages: [Figure] = [
        .number(
            "valence_verification_verified_messages_total",
            .counter,
            "Messages with a good signature.",
            at: "verification",
            "verified"
        ),
        .numbers(
            "valence_verification_refused_messages_total",
            .counter,
            "Messages that were refused, by the code of the cause.",
            by: "code",
            Refusal.Code.allCases.map(\.rawValue),
            at: "verification",
            "refused"
        ),
        .number(
            "valence_clock_offset_seconds",
            .gauge,
            "How far the clock is ahead of those of peers.",
            per: 1_000,
            at: "verification",
            "clock_offset_ms"
        ),
        .number(
            "valence_log_records",
            .gauge,
            "The position of the newest entry of the log.",
            at: "log",
            "last_sequence"
        ),
        .number("valence_log_bytes", .gauge, "Bytes of the log.", at: "log", "bytes_used"),
        .number(
            "valence_log_free_bytes",
            .gauge,
            "Bytes that its disk has left.",
            at: "log",
            "bytes_free"
        ),
        .presence(
            "valence_log_stopped",
            "Whether the log takes less than everything.",
            of: "log",
            "stopped_because"
        ),
    ]

    private static let governance: [Figure] = [
        .number(
            "valence_consensus_requests",
            .gauge,
            "Requests that are known.",
            at: "consensus",
            "requests"
        ),
        .number(
            "valence_consensus_proposals",
            .gauge,
            "Proposals that are known and not archived.",
            at: "consensus",
            "proposals"
        ),
        .number(
            "valence_consensus_votes",
            .gauge,
            "Votes that are known.",
            at: "consensus",
            "votes"
        ),
        .number(
            "valence_reputation_known_identities",
            .gauge,
            "Identities with a score.",
            at: "reputation",
            "known_identities"
        ),
        .number(
            "valence_reputation_own_score",
            .gauge,
            "This node's score as it computes it itself, from 0 to 1.",
            per: 1_000_000,
            at: "reputation",
            "own_score"
        ),
    ]

    private static let storage: [Figure] = [
        .number(
            "valence_storage_stored_artefacts",
            .gauge,
            "Artefacts on this node.",
            at: "storage",
            "stored"
        ),
        .number(
            "valence_storage_known_artefacts",
            .gauge,
            "Artefacts that others offer.",
            at: "storage",
            "known"
        ),
        .number(
            "valence_storage_dropped_artefacts_total",
            .counter,
            "Artefacts that this node dropped because of their age or their bytes.",
            at: "storage",
            "dropped"
        ),
        .number(
            "valence_storage_dropped_bytes_total",
            .counter,
            "Bytes of artefacts that this node dropped because of their age or their bytes.",
            at: "storage",
            "dropped_bytes"
        ),
    ]

    private static let sync: [Figure] = [
        .state(
            "valence_sync_state",
            "How far the node is with what it missed: one for the state that it is in.",
            by: "state",
            SyncState.allCases.map(\.rawValue),
            at: "sync",
            "state"
        ),
        .number(
            "valence_sync_obtained_messages_total",
            .counter,
            "Messages that came by sync.",
            at: "sync",
            "obtained"
        ),
        .number(
            "valence_sync_served_requests_total",
            .counter,
            "Requests of peers that were answered.",
            at: "sync",
            "served"
        ),
        .state(
            "valence_partition_severity",
            "How gravely this node differs from synced peers: one for what holds, none for nothing.",
            by: "severity",
            PartitionSeverity.allCases.map(\.rawValue),
            at: "sync",
            "partition",
            "severity"
        ),
    ]
}
