public import Messages

// How parts of messages and facts that folds keep are written into digests.

extension ScoreHistory.Entry: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("cause", self.cause)
        writer.field("changeMillionths", self.changeMillionths)
        writer.field("after", self.after)
    }
}

extension ReputationGossip.Domain: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("name", self.name)
        writer.field("score", self.score)
    }
}

extension RentCycle: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("content", self.content)
        writer.field("number", self.number)
    }
}

extension Flag.Severity: Digestible {}

extension ResolutionRatified: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("proposal", self.proposal)
        writer.field("resolution", self.resolution)
        writer.field("effectiveAt", self.effectiveAt)
    }
}

extension Propose.Resolution: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("kind", self.kind)
        writer.field("contentHash", self.contentHash)
        writer.field("subject", self.subject)
        writer.field("successor", self.successor)
        writer.field("messageID", self.messageID)
        writer.field("name", self.name)
        writer.field("value", self.value)
    }
}

extension Propose.Resolution.Kind: Digestible {}

extension MessageType: Digestible {}

// MARK: Messages

extension Message: Digestible {
    /// Writes the id, a hash of all that it says.
    public func digest(into writer: inout some StateWriter) { self.id.digest(into: &writer) }
}

extension AdmittedMessage: Digestible {
    /// Writes the properties; by which peer the message came is not in the log.
    public func digest(into writer: inout some StateWriter) {
        writer.field("message", self.message)
        writer.field("receivedAt", self.receivedAt)
        writer.field("sender", self.sender)
        writer.field("reputation", self.reputation)
    }
}

extension SenderStanding: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("identity", self.identity)
        writer.field("keyCount", self.keyCount)
        writer.field("isSuspended", self.isSuspended)
        writer.field("votingOpensAt", self.votingOpensAt)
    }
}

// MARK: Governance

extension DecisionFact: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("proposal", self.proposal)
        writer.field("state", self.state)
        writer.field("hasQuorum", self.hasQuorum)
        writer.field("mode", self.mode)
        writer.field("needsHalfOfHeads", self.needsHalfOfHeads)
        writer.field("activeIdentities", self.activeIdentities)
        writer.field("activeReputation", self.activeReputation)
        writer.field("author", self.author)
        writer.field("effectiveAt", self.effectiveAt)
        writer.field("adopters", self.adopters)
        writer.field("resolution", self.resolution)
        writer.field("objection", self.objection)
        writer.field("restsOnPhase", self.restsOnPhase)
        writer.field("recount", self.recount)
        writer.field("votes", self.votes)
    }
}

extension DecisionFact.Ballot: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("identity", self.identity)
        writer.field("voteID", self.voteID)
        writer.field("at", self.at)
        writer.field("stance", self.stance)
        writer.field("weight", self.weight)
        writer.field("isDegraded", self.isDegraded)
        writer.field("notCountedBecause", self.notCountedBecause)
    }
}

extension ProposalState: Digestible {}

extension Reopening: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("winner", self.winner)
        writer.field("votingEnds", self.votingEnds)
    }
}

extension VotingMode: Digestible {}

extension Vote.Stance: Digestible {}

extension HourObservation: Digestible {
    /// Writes the properties.
    public func digest(into writer: inout some StateWriter) {
        writer.field("hour", self.hour)
        writer.field("activeIdentities", self.activeIdentities)
        writer.field("multiplier", self.multiplier)
    }
}

extension ParameterHistory: Digestible {
    /// Writes the changes; what the network started with is given.
    public func digest(into writer: inout some StateWriter) {
        writer.field("changes", self.changes)
    }
}

extension ParameterHistory.Change: Digestible {
    package func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("parameter", self.parameter)
        writer.field("value", self.value)
    }
}

extension NetworkParameter: Digestible {}
