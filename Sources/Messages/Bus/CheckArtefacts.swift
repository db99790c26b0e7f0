public import Kernel
public import Primitives

/// Look up who keeps the artefacts of proposals that do not carry them inline (D-72, D-75).
///
/// It is a procedure, since the market asks Peers, which ask Consensus, which asks this.
public struct CheckArtefacts: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }

    /// The artefact of a proposal.
    public struct Item: Sendable, Equatable {
        /// The PROPOSE message.
        public let proposal: MessageID
        /// The artefact.
        public let content: ContentHash
        /// The identity that proposes it.
        public let author: NodeID
        /// The timestamp of the proposal.
        public let proposedAt: Timestamp
        /// Names an artefact.
        public init(
            proposal: MessageID,
            content: ContentHash,
            author: NodeID,
            proposedAt: Timestamp
        ) {
            self.proposal = proposal
            self.content = content
            self.author = author
            self.proposedAt = proposedAt
        }
    }

    /// What the market knows of it.
    public struct Finding: Sendable, Equatable {
        /// The PROPOSE message.
        public let proposal: MessageID
        /// Why it is not taken as kept by others when it was proposed, for people; nil when it is.
        public let lack: String?
        /// Bytes that its author had replicated besides at that time (R-06-048).
        public let otherBytes: Int64
        /// Describes what was found.
        public init(proposal: MessageID, lack: String?, otherBytes: Int64) {
            self.proposal = proposal
            self.lack = lack
            self.otherBytes = otherBytes
        }
    }

    /// What was found.
    public struct Reply: BusMessage {
        /// One finding for each item, in the order asked.
        public let findings: [Finding]
        /// Hands them over.
        public init(findings: [Finding]) { self.findings = findings }
    }

    /// The artefacts.
    public let items: [Item]
    /// Asks for them.
    public init(items: [Item]) { self.items = items }
}
