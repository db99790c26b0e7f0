import Messages
import Primitives

/// Decides what is announced of the log: each record once, in log order, live or at replay.
///
/// A replay ends at the position that the log had when this session began; what came later was
/// announced live by this session itself.
struct PersistenceStateMachine {
    /// Last position to replay.
    private let replayEnd: UInt64
    private let lastArrival: Timestamp?
    /// Last position replayed.
    private var replayed: UInt64 = 0
    /// Whether ``PersistenceAction/replayFinished(lastSequence:lastArrival:)`` was given.
    private var isReplayed = false
    /// Live announcements that wait for the end of the replay.
    private var held: [PersistenceAction] = []

    init(_ status: LogStatus) {
        self.replayEnd = status.lastSequence
        self.lastArrival = status.lastArrival
    }

    /// The next step of the replay, with so many records.
    func step(_ asked: Int) -> [PersistenceAction] {
        guard !self.isReplayed else { return [] }
        let left = Int(clamping: self.replayEnd - self.replayed)
        let count = min(max(asked, 1), left, PersistenceLimits.replayStepMax)
        // A log that cannot write says so before anybody is told that the node is ready.
        return [.lookForNews, .read(after: self.replayed, count: count)]
    }

    /// A replay step brought these records; none means that the log is at its end.
    mutating func stepped(_ records: [LogRecord]) -> [PersistenceAction] {
        guard !self.isReplayed else { return [] }
        guard let last = records.last else {
            self.isReplayed = true
            defer { self.held = [] }
            let end = PersistenceAction.replayFinished(
                lastSequence: self.replayEnd,
                lastArrival: self.lastArrival
            )
            return [end] + self.held
        }
        self.replayed = last.sequence
        return records.map { Self.announcement(of: $0, isReplay: true) }
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
