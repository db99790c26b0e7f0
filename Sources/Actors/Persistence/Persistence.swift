public import Kernel
import Messages
import Synchronization

/// The next step of a replay; the assembly puts it until ``Persistence/isReplayed``.
public struct ReplayNext: Signal {
    /// Records of this step, at least 1.
    public let count: Int
    /// Whether all who fold are kept in checkpoints, so that the replay may begin behind one.
    public let usesCheckpoints: Bool

    /// Asks for a step.
    public init(count: Int, usesCheckpoints: Bool = false) {
        self.count = count
        self.usesCheckpoints = usesCheckpoints
    }
}

/// The log has news for Persistence.
struct LogSignal: Signal {}

/// Owns the durable log: stores what judges accepted, announces it in log order, replays it.
///
/// It judges nothing: it stores what it is given, each message once.
public actor Persistence: Subsystem {
    /// Its name in the topology.
    public static let name: SubsystemName = .persistence

    /// The assembly's way to drive the replay before the node goes live:
    /// `while !persistence.isReplayed, replay.put(ReplayNext(count: 256)) { await kernel.settle() }`.
    public nonisolated let replay: Inlet<ReplayNext>

    /// Whether the log was replayed to its end.
    public nonisolated var isReplayed: Bool { self.replayFlag.load(ordering: .acquiring) }

    /// Whether the replay began behind a checkpoint.
    public nonisolated var usedCheckpoint: Bool { self.checkpointFlag.load(ordering: .acquiring) }

    private nonisolated let replayFlag = Atomic<Bool>(false)
    private nonisolated let checkpointFlag = Atomic<Bool>(false)
    private let log: any LogDevice
    private let checkpoints: (any CheckpointDevice)?
    private var machine: PersistenceStateMachine
    private let messageLogged: Emitter<MessageLogged>
    private let keyedMessageLogged: Emitter<KeyedMessageLogged>
    private let factLogged: Emitter<FactLogged>
    private let replayFinished: Emitter<ReplayFinished>
    private let checkpointFound: Emitter<CheckpointFound>
    private let checkpointDue: Emitter<CheckpointDue>
    private let logStopped: Emitter<LogStopped>
    private let logResumed: Emitter<LogResumed>

    /// Plugs the log in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - log: the device; the replay starts at its beginning, or behind the last checkpoint.
    ///   - checkpoints: where checkpoints are kept; nil for a node without any.
    public init(
        _ boot: borrowing Boot,
        device log: any LogDevice,
        checkpoints: (any CheckpointDevice)? = nil
    ) {
        self.log = log
        self.checkpoints = checkpoints
        self.checkpointFound = boot.emits(CheckpointFound.self)
        self.checkpointDue = boot.emits(CheckpointDue.self)
        self.replay = boot.inlet(ReplayNext.self)
        self.messageLogged = boot.emits(MessageLogged.self)
        self.keyedMessageLogged = boot.emits(KeyedMessageLogged.self)
        self.factLogged = boot.emits(FactLogged.self)
        self.replayFinished = boot.emits(ReplayFinished.self)
        self.logStopped = boot.emits(LogStopped.self)
        self.logResumed = boot.emits(LogResumed.self)
        let signals = boot.inlet(LogSignal.self)
        // A signal that finds the mailbox full is not missed: every handler looks for news.
        log.connect { signals.put(LogSignal()) }
        self.machine = PersistenceStateMachine(log.status)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Persistence>) {
        wiring.receives(MessageAccepted.self) { subsystem, envelope, outbox in
            guard envelope.body.isLogged else { return }
            try subsystem.store(.message(envelope.body.admitted), &outbox)
        }
        wiring.receives(RecordFact.self) { subsystem, envelope, outbox in
            try subsystem.store(.fact(envelope.body.fact), &outbox)
        }
        wiring.receives(LogSignal.self) { subsystem, _, outbox in
            try subsystem.lookForNews(&outbox)
        }
        wiring.receives(ReplayNext.self) { subsystem, envelope, outbox in
            try subsystem.step(envelope.body, &outbox)
        }
        wiring.receives(CheckpointPart.self) { subsystem, envelope, _ in
            subsystem.machine.collected(envelope.body)
        }
        wiring.answers(MessagesAfter.self) { subsystem, envelope, outbox in
            let query = envelope.body
            let request = PageRequest(
                types: query.types,
                since: query.since,
                sinceID: query.sinceID,
                limit: query.limit,
                bytesMax: query.bytesMax
            )
            outbox.reply(try subsystem.log.page(request), to: envelope.replyAddress)
        }
        wiring.answers(MessagesByID.self) { subsystem, envelope, outbox in
            let messages = try subsystem.log.messages(ids: envelope.body.ids)
            outbox.reply(MessagesByID.Reply(messages: messages), to: envelope.replyAddress)
        }
        wiring.answers(LogRecords.self) { subsystem, envelope, outbox in
            let query = envelope.body
            let records = try subsystem.log.records(
                after: query.after,
                count: query.limit,
                bytesMax: query.bytesMax
            )
            let reply = LogRecords.Reply(records: records.map(\.announced))
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(PersistenceStatus.self) { subsystem, envelope, outbox in
            let status = subsystem.log.status
            let reply = PersistenceStatus.Reply(
                lastSequence: status.lastSequence,
                digest: status.digest,
                bytesUsed: status.bytesUsed,
                stoppedBecause: status.stoppedBecause,
                bytesFree: status.bytesFree
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
    }

    private func store(_ entry: LogEntry, _ outbox: inout Outbox) throws {
        self.log.append([entry])
        try self.lookForNews(&outbox)
    }

    private func lookForNews(_ outbox: inout Outbox) throws {
        try self.perform(self.machine.told(self.log.takeOutcomes()), &outbox)
    }

    private func step(_ next: ReplayNext, _ outbox: inout Outbox) throws {
        if next.usesCheckpoints, let checkpoints {
            self.machine.keepsCheckpoints(recordsBetween: checkpoints.recordsBetween)
        }
        try self.perform(self.machine.step(next.count), &outbox)
    }

    private func replay(_ count: Int, after sequence: UInt64, _ outbox: inout Outbox) throws {
        let records = try self.log.records(
            after: sequence,
            count: count,
            bytesMax: PersistenceLimits.replayStepBytesMax
        )
        try self.perform(self.machine.stepped(records), &outbox)
    }

    private func perform(_ actions: [PersistenceAction], _ outbox: inout Outbox) throws {
        for action in actions {
            switch action {
            case .lookForNews: try self.lookForNews(&outbox)
            case .read(let sequence, let count):
                try self.replay(count, after: sequence, &outbox)
            case .loadCheckpoint:
                let found = self.checkpoints?.load()
                let actions = self.machine.loaded(found)
                if found != nil, actions.isEmpty { self.checkpoints?.discard() }
                try self.perform(actions, &outbox)
            case .checkpointFound(let checkpoint):
                self.checkpointFlag.store(true, ordering: .releasing)
                self.log.skip(to: checkpoint.sequence, digest: checkpoint.digest)
                outbox.send(self.checkpointFound, CheckpointFound(parts: checkpoint.parts))
            case .checkpointDue: outbox.send(self.checkpointDue, CheckpointDue())
            case .saveCheckpoint(let checkpoint): self.checkpoints?.save(checkpoint)
            case .messageLogged(let sequence, let admitted, let isReplay):
                let event = MessageLogged(
                    sequence: sequence,
                    admitted: admitted,
                    isReplay: isReplay
                )
                outbox.send(self.messageLogged, event)
                if !isReplay, case .local(_, key: _?) = admitted.origin {
                    outbox.send(self.keyedMessageLogged, KeyedMessageLogged(admitted: admitted))
                }
            case .factLogged(let sequence, let fact, let isReplay):
                outbox.send(
                    self.factLogged,
                    FactLogged(sequence: sequence, fact: fact, isReplay: isReplay)
                )
            case .replayFinished(let lastSequence, let lastArrival):
                self.replayFlag.store(true, ordering: .releasing)
                let event = ReplayFinished(lastSequence: lastSequence, lastArrival: lastArrival)
                outbox.send(self.replayFinished, event)
            case .stopped(let reason, let takes):
                outbox.send(self.logStopped, LogStopped(reason: reason, takes: takes))
            case .resumed:
                outbox.send(self.logResumed, LogResumed())
            }
        }
    }
}

extension LogRecord {
    /// The record as who reads the log later sees it.
    fileprivate var announced: LogRecords.Record {
        switch self.entry {
        case .message(let admitted):
            .message(MessageLogged(sequence: self.sequence, admitted: admitted, isReplay: true))
        case .fact(let fact):
            .fact(FactLogged(sequence: self.sequence, fact: fact, isReplay: true))
        }
    }
}
