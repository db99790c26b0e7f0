import Messages
import Primitives

/// Decides what is announced of the log: each record once, in log order, live or at replay.
///
/// A replay ends at the position that the log had when this session began; what came later was
/// announced live by this session itself. It begins behind the last checkpoint, if there is one, and
/// makes a new one when it was long (ADR 0079).
struct PersistenceStateMachine {
    private enum Stage {
        /// A checkpoint is looked for.
        case beginning
        case replaying
        /// Subsystems hand in what they have folded.
        case collecting
        /// ``PersistenceAction/replayFinished(lastSequence:lastArrival:)`` was given.
        case replayed
    }

    private let digest: Bytes32
    /// Last position to replay.
    private let replayEnd: UInt64
    private let lastArrival: Timestamp?
    /// Last position replayed.
    private var replayed: UInt64 = 0
    private var stage = Stage.replaying
    /// Records that are folded behind the last checkpoint before there is a new one; nil for a log without any.
    private var recordsBetween: UInt64?
    /// The record up to which the last checkpoint goes.
    private var checkpointAt: UInt64 = 0
    private var parts: [CheckpointPart] = []
    /// Live announcements that wait for the end of the replay.
    private var held: [PersistenceAction] = []

    init(_ status: LogStatus) {
        self.replayEnd = status.lastSequence
        self.lastArrival = status.lastArrival
        self.digest = status.digest
    }

    private var isReplayed: Bool { self.stage == .replayed }

    /// Checkpoints are kept: the next step looks for one.
    mutating func keepsCheckpoints(recordsBetween: UInt64) {
        guard self.recordsBetween == nil, self.replayed == 0 else { return }
        self.recordsBetween = recordsBetween
        self.stage = .beginning
    }

    /// The next step of the replay, with so many records.
    mutating func step(_ asked: Int) -> [PersistenceAction] {
        switch self.stage {
        case .beginning:
            self.stage = .replaying
            return [.loadCheckpoint]
        case .replaying:
            let left = Int(clamping: self.replayEnd - self.replayed)
            let count = min(max(asked, 1), left, PersistenceLimits.replayStepMax)
            // A log that cannot write says so before anybody is told that the node is ready.
            return [.lookForNews, .read(after: self.replayed, count: count)]
        // What was asked for came before this step.
        case .collecting: return [.saveCheckpoint(self.takeCheckpoint())] + self.finish()
        case .replayed: return []
        }
    }

    /// A checkpoint was looked for; one that goes beyond the log, or is of another one, is none.
    mutating func loaded(_ checkpoint: Checkpoint?) -> [PersistenceAction] {
        guard let checkpoint, checkpoint.sequence > 0, checkpoint.sequence <= self.replayEnd,
            checkpoint.sequence < self.replayEnd || checkpoint.digest == self.digest
        else { return [] }
        (self.replayed, self.checkpointAt) = (checkpoint.sequence, checkpoint.sequence)
        return [.checkpointFound(checkpoint)]
    }

    /// A subsystem handed in what it has folded.
    mutating func collected(_ part: CheckpointPart) {
        if self.stage == .collecting { self.parts.append(part) }
    }

    /// A replay step brought these records; none means that the log is at its end.
    mutating func stepped(_ records: [LogRecord]) -> [PersistenceAction] {
        guard self.stage == .replaying else { return [] }
        guard let last = records.last else {
            guard let least = self.recordsBetween, self.replayed - self.checkpointAt >= least,
                self.replayed == self.replayEnd
            else { return self.finish() }
            self.stage = .collecting
            return [.checkpointDue]
        }
        self.replayed = last.sequence
        return records.map { Self.announcement(of: $0, isReplay: true) }
    }

    private mutating func takeCheckpoint() -> Checkpoint {
        defer { self.parts = [] }
        return Checkpoint(sequence: self.replayEnd, digest: self.digest, parts: self.parts)
    }

    private mutating func finish() -> [PersistenceAction] {
        self.stage = .replayed
        defer { self.held = [] }
        let end = PersistenceAction.replayFinished(
            lastSequence: self.replayEnd,
            lastArrival: self.lastArrival
        )
        return [end] + self.held
    }

    /// The log reports the outcomes of appended entries, and what it has room for.
    ///
    /// Entries are announced when the replay has brought what lies before them; the room at once.
    ///
    /// - Throws: ``LogError/overrun`` for an entry that was dropped: its judge has applied it, so
    ///   that only a replay brings the state back to the log.
    mutating func told(_ outcomes: [AppendOutcome]) throws(LogError) -> [PersistenceAction] {
        var actions: [PersistenceAction] = []
        for outcome in outcomes {
            switch outcome {
            case .logged(let record):
                let announcement = Self.announcement(of: record, isReplay: false)
                if self.isReplayed {
                    actions.append(announcement)
                } else {
                    self.held.append(announcement)
                }
            case .stopped(let reason, let takes):
                actions.append(.stopped(reason: reason, takes: takes))
            case .resumed: actions.append(.resumed)
            case .duplicate: break
            case .dropped: throw .overrun
            }
        }
        return actions
    }

    private static func announcement(of record: LogRecord, isReplay: Bool) -> PersistenceAction {
        switch record.entry {
        case .message(let admitted):
            .messageLogged(sequence: record.sequence, admitted, isReplay: isReplay)
        case .fact(let fact):
            .factLogged(sequence: record.sequence, fact, isReplay: isReplay)
        }
    }
}
