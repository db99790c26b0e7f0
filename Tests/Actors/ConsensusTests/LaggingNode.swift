import Messages
import Primitives

@testable import Consensus

/// A node whose judge is ahead of its log, as it is while the disk writes.
struct LaggingNode {
    private(set) var machine = ConsensusStateMachine()
    private var log: [Entry] = []
    private var known: Set<MessageID> = []
    private var waiting: [Entry] = []

    init() { _ = self.machine.replayFinished(now: Fixture.start) }

    /// Something comes: the judge sees it at once, if it is one of its own messages.
    mutating func hear(_ entry: Entry) {
        switch entry {
        case .message(let admitted) where admitted.isForConsensus:
            self.accept(self.machine.judge(admitted))
        case .message, .fact: self.waiting.append(entry)
        }
    }

    private mutating func accept(_ actions: [ConsensusAction]) {
        for case .accept(let admitted) in actions { self.waiting.append(.message(admitted)) }
    }

    /// The first entry that waits is in the log; each message is there once.
    mutating func commit() {
        guard !self.waiting.isEmpty else { return }
        let entry = self.waiting.removeFirst()
        if case .message(let admitted) = entry,
            !self.known.insert(admitted.message.id).inserted
        {
            return
        }
        self.log.append(entry)
        self.accept(self.machine.logged(entry, isReplay: false))
    }

    /// Nothing waits any more.
    mutating func settle() { while !self.waiting.isEmpty { self.commit() } }

    /// What a restart makes of the log.
    var replayed: ConsensusStateMachine {
        var machine = ConsensusStateMachine()
        for entry in self.log { _ = machine.logged(entry, isReplay: true) }
        return machine
    }
}

extension ConsensusStateMachine {
    /// An entry is in the log.
    mutating func logged(_ entry: Entry, isReplay: Bool) -> [ConsensusAction] {
        switch entry {
        case .message(let admitted):
            self.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay))
        case .fact(let fact): self.logged(fact)
        }
    }
}
