import Messages

/// What the log has room for: a message that cannot be kept is refused here, before its judge applies
/// it and before it is relayed.
///
/// How much room is reserved is decided by the log (`DiskSpace.ownReserve` in Persistence); how much of
/// the ordinary room one identity, or all together, may fill is decided by the judges and by Gossip.
struct LogRoom: Sendable {
    /// Types of plugged-in subsystems, which are kept like others' words.
    private let extensions: Extensions
    /// What is taken although there is no room for everything; nil when there is.
    private var takes: LogStopped.Takes?

    init(extensions: Extensions) { self.extensions = extensions }

    /// The log lacks room, for all or for some messages of others.
    mutating func stopped(takes: LogStopped.Takes) { self.takes = takes }

    /// The log has room for everything again.
    mutating func resumed() { self.takes = nil }

    /// Why a message cannot be taken now; nil when it can, or when nothing of it is kept anyway.
    ///
    /// Own messages are refused by the local API before they are signed, and not here.
    func refusal(of message: Message, origin: Origin) -> Refusal? {
        if case .local = origin { return nil }
        guard let takes, self.lacksRoom(for: message, takes) else { return nil }
        let cause = takes == .own ? "writes less than comes in" : "is full"
        return Refusal(.busy, "the disk of this node \(cause); it takes the message later")
    }

    private func lacksRoom(for message: Message, _ takes: LogStopped.Takes) -> Bool {
        guard let type = message.type else { return self.extensions.owns(message) }
        return Self.lacksRoom(for: type, takes)
    }

    /// Announcements are few and small, and quorum depends on how many nodes are known: they pass as
    /// long as anything is written.
    private static func lacksRoom(for type: MessageType, _ takes: LogStopped.Takes) -> Bool {
        switch takes {
        case .reserved: type.syncPhase != nil && !type.usesReserve
        case .own: type.syncPhase != nil
        case .nothing: type.syncPhase != nil || type == .peerAnnounce
        }
    }
}
