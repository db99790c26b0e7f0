import Kernel
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum ConsensusAction {
    /// A message holds and was applied.
    case accept(AdmittedMessage)
    /// A message ends here.
    case refuse(AdmittedMessage, Refusal)
    /// Get a proposal that others talk about.
    case fetch(MessageID, likelyHolders: [NodeID])
    /// Get assessments made since then.
    case fetchAssessments(since: Timestamp)
    /// Tell which versions of the protocol are spoken.
    case tell(ProtocolVersions)
    /// Tell which messages are about archived proposals.
    case tellArchived([MessagePlace])
    /// Write a fact to the log.
    case record(LocalFact)
    /// Ask another subsystem; the answer, or that there is none, comes back with its purpose.
    case ask(ConsensusQuestion)
    /// Wake at this time, or before.
    case wake(at: Timestamp)
    /// Answer who asked about proposals.
    case showProposals([ProposalView], ReplyAddress<Proposals>)
    /// Answer who asked about requests.
    case showRequests([RequestView], ReplyAddress<Requests>)
    /// Answer who asked what would become of a message of this node.
    case tellVerdict(DraftVerdict, ReplyAddress<ConsensusVerdict>)
    /// Answer who asked what waits for a vote of this node.
    case showWaiting(WaitingVotes.Reply, ReplyAddress<WaitingVotes>)
}

/// What the state machine wants to know, each with what it is for.
enum ConsensusQuestion: Sendable {
    /// Reputation: how large the network is.
    case network(Scores, NetworkPurpose)
    /// Reputation: what voters weighed when they voted.
    case standings(VoterStandings, StandingsPurpose)
    /// The storage market: who keeps the artefacts of proposals.
    case artefacts(CheckArtefacts, ArtefactsPurpose)
    /// Persistence: whole texts in the place of outlines.
    case texts(MessagesByID, TextsPurpose)
}

/// What the size of the network is asked for.
enum NetworkPurpose: Sendable {
    /// To write down how many were active in the hour that ended.
    case hour
    /// To decide on proposals; what comes due since waits for the next round.
    case decision(on: [MessageID])
    /// To show proposals.
    case view(Proposals, ReplyAddress<Proposals>)
}

/// What the standings of voters are asked for.
enum StandingsPurpose: Sendable {
    /// To decide on proposals.
    case decision(on: [MessageID])
    /// To show proposals.
    case view(Proposals, ReplyAddress<Proposals>)
    /// To tell what waits for a vote of this node; it is the voter.
    case waiting(WaitingVotes, ReplyAddress<WaitingVotes>, VoterStandings.Voter)
}

/// What artefacts are asked about for.
enum ArtefactsPurpose: Sendable {
    /// To judge a message of this node.
    case judgement(AdmittedMessage)
    /// To tell what would become of one that is not signed.
    case verdict(AdmittedMessage, ReplyAddress<ConsensusVerdict>)
    /// To decide on proposals.
    case decision(on: [MessageID], Standings)
    /// To show proposals.
    case view(Proposals, ReplyAddress<Proposals>, Standings)
    /// To tell what waits for a vote of this node.
    case waiting(WaitingVotes, ReplyAddress<WaitingVotes>, Standing)
}

/// What texts are asked for.
enum TextsPurpose: Sendable {
    /// To show proposals, with what is known of the network and the voters.
    case proposals(Proposals, ReplyAddress<Proposals>, Outside)
    /// To show requests.
    case requests(Requests, ReplyAddress<Requests>)
}
