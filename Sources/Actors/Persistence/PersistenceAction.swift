import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum PersistenceAction {
    /// Take what the log has to tell.
    case lookForNews
    /// Read so many records behind a position for the replay.
    case read(after: UInt64, count: Int)
    /// Look for a checkpoint that the replay may begin behind.
    case loadCheckpoint
    /// A checkpoint holds what was folded up to a record.
    case checkpointFound(Checkpoint)
    /// Every subsystem is to hand in what it has folded.
    case checkpointDue
    /// All have handed in what they have folded.
    case saveCheckpoint(Checkpoint)
    /// A message is in the log.
    case messageLogged(sequence: UInt64, AdmittedMessage, isReplay: Bool)
    /// A fact is in the log.
    case factLogged(sequence: UInt64, LocalFact, isReplay: Bool)
    /// The log was replayed to its end.
    case replayFinished(lastSequence: UInt64, lastArrival: Timestamp?)
    /// The log lacks room, for all or for others' messages.
    case stopped(reason: String, takes: LogStopped.Takes)
    /// The log has room for everything again.
    case resumed
}

extension PersistenceAction: Equatable {
    static func == (left: PersistenceAction, right: PersistenceAction) -> Bool {
        switch (left, right) {
        case (.lookForNews, .lookForNews): true
        case (.read(let one, let a), .read(let two, let b)): one == two && a == b
        case (.messageLogged(let one, let a, let x), .messageLogged(let two, let b, let y)):
            one == two && a.message.id == b.message.id && x == y
        case (.factLogged(let one, let a, let x), .factLogged(let two, let b, let y)):
            one == two && a == b && x == y
        case (.replayFinished(let one, let a), .replayFinished(let two, let b)):
            one == two && a == b
        case (.stopped(let one, let a), .stopped(let two, let b)): one == two && a == b
        case (.loadCheckpoint, .loadCheckpoint), (.checkpointDue, .checkpointDue): true
        case (.checkpointFound(let one), .checkpointFound(let two)),
            (.saveCheckpoint(let one), .saveCheckpoint(let two)):
            one.sequence == two.sequence && one.digest == two.digest
        case (.resumed, .resumed): true
        default: false
        }
    }
}
