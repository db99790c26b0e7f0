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
