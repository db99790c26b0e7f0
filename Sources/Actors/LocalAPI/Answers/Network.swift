package import Doors
package import Messages
import Primitives

// The network: its phase and its nodes.

extension GovernancePhase: Shown {}

extension NetworkPhase.Reply: Record {
    package static let about = "The phase of the network's governance."
    package static let fields: [Field<NetworkPhase.Reply>] = [
        Field("phase", "What kind of governance the network supports.") { $0.phase },
        Field("active_identities", "Active identities in the newest observed hour.") {
            $0.activeIdentities
        },
        Field("activity_multiplier", "What activity does to the clocks.") {
            $0.activityMultiplier
        },
        Field("standard", "The clock of standard governance.") { $0.standard },
        Field("constitutional", "The clock of constitutional governance.") { $0.constitutional },
        Field("governance_since", "When governance began.") { $0.governanceSince },
        Field("cold_start_ends", "When votes stop being counted by heads.") {
            $0.coldStartEnds
        },
        Field("protocol_changes", "Ratified changes of the protocol.") { $0.protocolChanges },
        Field("missing", "What the next phase still needs.") { $0.missing },
    ]
}

extension SustainRun: Record {
    package static let about = "Consecutive hours with enough active nodes."
    package static let fields: [Field<SustainRun>] = [
        Field("hours", "Good hours in a row.") { $0.hours },
        Field("hours_needed", "Hours that activate.") { $0.hoursNeeded },
        Field("nodes_needed", "Active nodes that make an hour a good one.") { $0.nodesNeeded },
    ]
}

extension ProtocolChange: Record {
    package static let about = "A change of the protocol that was ratified."
    package static let fields: [Field<ProtocolChange>] = [
        Field("proposal_id", "The PROPOSE message.") { $0.proposal },
        Field("effective_at", "From when on it may be adopted.") { $0.effectiveAt },
        Field("end_of_life", "When the version before it ends.") { $0.endOfLife },
    ]
}

extension PeerTable.Row: Record {
    package static let about = "One node that this node knows."
    package static let fields: [Field<PeerTable.Row>] = Self.linkFields + Self.placeFields

    private static let linkFields: [Field<PeerTable.Row>] = [
        Field("node_id", "Its key.") { $0.node },
        Field("addresses", "Where it may be reached.") { $0.addresses },
        Field("connected", "Whether there is a connection.") { $0.isConnected },
        .formed("direction", "Who opened the connection.", .choice(["outbound", "inbound"])) {
            .string($0.isOutbound ? "outbound" : "inbound")
        },
        Field("authenticated", "Whether it has shown that it has its key.") {
            $0.isAuthenticated
        },
        Field("sync_status", "How far it says that it is.") { $0.syncStatus },
        Field("capabilities", "What it says that it can do.") { $0.capabilities },
        Field("last_announced", "When it announced itself last.") { $0.lastAnnounced },
        Field("other_founders", "Whether it belongs to another network.") { $0.hasOtherFounders },
    ]

    private static let placeFields: [Field<PeerTable.Row>] = [
        Field("bootstrap", "Whether this node begins with it.") { $0.isBootstrap },
        Field("direct_peer", "Whether its operator and this one agreed on a connection.") {
            $0.isDirect
        },
        Field("anchor", "Whether it is called again after a restart.") { $0.isAnchor },
        Field("asn", "The autonomous system of its address.") { $0.autonomousSystem },
        Field("network", "The network of its address.") { $0.network },
        Field("last_dial_error", "Why it could not be reached last.") { $0.lastDialFailure },
        Field("clock_offset_ms", "How far its clock is ahead, in milliseconds.") {
            $0.clockOffsetMilliseconds
        },
    ]
}

extension PeerTable.Bootstrap: Record {
    package static let about = "An address that this node begins with."
    package static let fields: [Field<PeerTable.Bootstrap>] = [
        Field("address", "The address.") { $0.address },
        Field("last_dial_error", "Why it could not be reached last.") { $0.lastDialFailure },
    ]
}

extension PeerTable.Dial: Record {
    package static let about = "The newest dial of an address."
    package static let fields: [Field<PeerTable.Dial>] = [
        Field("node_id", "Whose address it is.") { $0.node },
        Field("address", "Where, without the node.") { $0.address },
        Field("at", "When it began.") { $0.at },
        .formed("outcome", "What came of it.", .choice(["under_way", "reached", "failed"])) {
            .string($0.words)
        },
        .formed("step", "What failed.", .nullable(.choice(Step.allCases.map(\.rawValue)))) {
            $0.failure.map { .string($0.step.rawValue) } ?? .null
        },
        Field("error", "Why it failed.") { $0.failure?.reason },
    ]

    private var words: String {
        switch self.outcome {
        case .underWay: "under_way"
        case .reached: "reached"
        case .failed: "failed"
        }
    }

    private var failure: (step: Step, reason: String)? {
        guard case .failed(let step, let reason) = self.outcome else { return nil }
        return (step, reason)
    }
}

extension PeerTable.Reply: Record {
    package static let about = "The nodes that this node knows."
    package static let fields: [Field<PeerTable.Reply>] = [
        Field("peers", "The nodes.") { $0.rows },
        Field("bootstrap", "Addresses whose node is not known yet.") { $0.bootstrap },
        Field("dials", "The newest dial of each address, and what came of it.") { $0.dials },
    ]
}
