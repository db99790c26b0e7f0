import Messages

/// What the log has room for: a message that cannot be kept is refused here, before its judge applies
/// it and before it is relayed.
///
/// How much room is kept for what is the log's business (`DiskSpace.ownReserve` in Persistence); how
/// much of the ordinary room one identity and all together may fill, the judges' and Gossip's.
struct LogRoom: Sendable {
    var isShort = false
    var takesOwn = true

    /// Why a message cannot be taken now; nil when it can, or when nothing of it is kept anyway.
    ///
    /// Own messages are refused by the local API before they are signed, and not here.
    func refusal(of message: Message, origin: Origin) -> Refusal? {
        if case .local = origin { return nil }
        guard self.isShort, let type = message.type, self.lacksRoom(for: type) else { return nil }
        return Refusal(.busy, "the disk of this node is full; it takes the message later")
    }

    /// Announcements are few and small, and quorum depends on how many nodes are known: they pass as
    /// long as anything is written.
    private func lacksRoom(for type: MessageType) -> Bool {
        guard self.takesOwn else { return type.syncPhase != nil || type == .peerAnnounce }
        return type.syncPhase != nil && !type.usesReserve
    }
}
