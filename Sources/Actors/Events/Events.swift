public import Checkpoints
public import Kernel
package import Messages
public import Primitives

/// The subsystem that tells people and agents what happened and what waits for them (ADR 0056).
///
/// It judges nothing: who may vote is what Consensus says, a score is what Reputation says. What it finds out
/// by asking them goes to the log before anybody is told.
public actor Events: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.events

    private var machine: EventsStateMachine
    private let told: Emitter<EventTold>
    private let record: Emitter<RecordFact>
    private let votes: Asker<WaitingVotes, VotesPurpose>
    private let requests: Asker<Requests, InboxErrand>
    private let scores: Asker<Scores, Void>
    private let log: Asker<LogRecords, ReadPurpose>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - own: this node's key.
    public init(_ boot: borrowing Boot, own: NodeID) {
        self.machine = EventsStateMachine(own: own)
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.told = boot.emits(EventTold.self)
        self.record = boot.emits(RecordFact.self)
        self.votes = boot.asks(WaitingVotes.self, about: VotesPurpose.self)
        self.requests = boot.asks(Requests.self, about: InboxErrand.self)
        self.scores = boot.asks(Scores.self)
        self.log = boot.asks(LogRecords.self, about: ReadPurpose.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Events>) {
        wiring.checkpoints()
        wiring.receives(MessageLogged.self) { events, envelope, outbox in
            events.perform(events.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(FactLogged.self) { events, envelope, outbox in
            events.perform(events.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(ReplayFinished.self) { events, _, outbox in
            events.perform(events.machine.replayFinished(), &outbox)
        }
        wiring.receives(LogStopped.self) { events, _, _ in events.machine.logStopped() }
        wiring.receives(LogResumed.self) { events, _, _ in events.machine.logResumed() }
        wiring.receives(MessageRefused.self) { events, envelope, outbox in
            let now = outbox.now.timestamp
            events.perform(events.machine.refused(envelope.body, now: now), &outbox)
        }
        wiring.wakes { events, outbox in events.perform(events.machine.woke(), &outbox) }
        wiring.answers(EventPage.self) { events, envelope, outbox in
            let actions = events.machine.asked(envelope.body, by: envelope.replyAddress)
            events.perform(actions, &outbox)
        }
        wiring.answers(Inbox.self) { events, envelope, outbox in
            let actions = events.machine.asked(envelope.body, by: envelope.replyAddress)
            events.perform(actions, &outbox)
        }
        Self.wireReplies(wiring)
    }

    private static func wireReplies(_ wiring: borrowing Wiring<Events>) {
        wiring.hears(WaitingVotes.self, about: VotesPurpose.self) { events, answer, outbox in
            let now = outbox.now.timestamp
            let actions = events.machine.heard(answer.reply, for: answer.context, now: now)
            events.perform(actions, &outbox)
        }
        wiring.hears(Requests.self, about: InboxErrand.self) { events, answer, outbox in
            events.perform(events.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(Scores.self) { events, reply, outbox in
            events.perform(events.machine.heard(reply, now: outbox.now.timestamp), &outbox)
        }
        wiring.hears(LogRecords.self, about: ReadPurpose.self) { events, answer, outbox in
            events.perform(events.machine.heard(answer.reply, for: answer.context), &outbox)
        }
    }

    // MARK: Sending

    private func perform(_ actions: [EventsAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: EventsAction, _ outbox: inout Outbox) {
        switch action {
        case .tell(let event): outbox.send(self.told, EventTold(event: event))
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .askVotes(let query, let purpose): outbox.ask(self.votes, query, context: purpose)
        case .askRequests(let query, let errand):
            outbox.ask(self.requests, query, context: errand)
        case .askScore(let query): outbox.ask(self.scores, query)
        case .read(let query, let purpose): outbox.ask(self.log, query, context: purpose)
        case .showEvents(let page, let asker): outbox.reply(page, to: asker)
        case .showInbox(let inbox, let asker): outbox.reply(inbox, to: asker)
        case .wake(let pause):
            outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause)))
        }
    }
}

extension Events {
    /// What it has made of the log.
    package var kept: EventsState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: EventsState) { self.machine.restore(kept) }
}
