import Synchronization

/// Collects what subsystems declare while they are plugged in.
///
/// Topics get a dense index in the order of their first mention, so that no dictionary is on the
/// way of an envelope.
@usableFromInline
final class Assembly: Sendable {
    /// Drains the mailbox of one subsystem in one hop onto its actor.
    @usableFromInline typealias Drain = @Sendable (Directory) async -> Void

    fileprivate struct State {
        var blueprint = Blueprint()
        var topicIndices: [ObjectIdentifier: Int] = [:]
        var slots: [Slot] = []
        var drains: [Drain] = []
        var lines: [Line] = []
        var isSealed = false
    }

    private let state = Mutex(State())

    func seat(_ name: SubsystemName, _ policy: Mailbox, _ core: Core) -> Slot {
        self.state.withLock { state in
            guard !state.isSealed, let number = UInt16(exactly: state.slots.count) else {
                preconditionFailure("plug \(name) in before the boot")
            }
            let id = SubsystemID(rawValue: number)
            let slot = Slot(id: id, name: name, policy: policy, core: core)
            state.slots.append(slot)
            state.blueprint.subsystems.append(name)
            // Replaced by `install`, once the subsystem is made.
            state.drains.append { _ in }
            return slot
        }
    }

    @usableFromInline
    func install(_ slot: Slot, _ drain: @escaping Drain) {
        self.state.withLock { $0.drains[slot.id.index] = drain }
    }

    /// Notes a declaration and returns the topic's index.
    func declare<M: BusMessage>(
        _ type: M.Type,
        _ role: Blueprint.Role,
        by id: SubsystemID
    ) -> Int {
        let topic = self.topic(ObjectIdentifier(type), Blueprint.Topic(type))
        self.note(.init(seat: id.index, topic: topic, role: role))
        return topic
    }

    /// Declares that the end of a conversation is heard, and returns the topic of its reply.
    func declareHearing<Q: RoundTrip, Context: Sendable>(
        _ type: Q.Type,
        about context: Context.Type,
        by id: SubsystemID
    ) -> Int {
        let topic = self.replyTopic(of: type, about: context)
        self.note(.init(seat: id.index, topic: topic, role: .hears))
        return topic
    }

    private func note(_ declaration: Blueprint.Declaration) {
        self.state.withLock { $0.blueprint.declarations.append(declaration) }
    }

    /// The index of a topic, which is made when it is declared for the first time.
    ///
    /// It is made outside the lock, since it asks the type for its receiver, which is foreign code; and once, since to
    /// find the name and the protocols of a type out takes as long as thousands of envelopes.
    private func topic(_ type: ObjectIdentifier, _ make: @autoclosure () -> Blueprint.Topic) -> Int
    {
        if let known = self.state.withLock({ $0.topicIndices[type] }) { return known }
        let topic = make()
        return self.state.withLock { $0.index(of: type, topic) }
    }

    /// Two replies belong to the same topic only if both the question's type and its context's type
    /// match.
    private func replyTopic<Q: RoundTrip, Context: Sendable>(
        of type: Q.Type,
        about context: Context.Type
    ) -> Int {
        let key = ObjectIdentifier(Answer<Q, Context>.self)
        return self.topic(key, Blueprint.Topic(Q.Reply.self))
    }

    func line<M: BusMessage>(
        for type: M.Type,
        _ role: Blueprint.Role,
        replyTopic: Int = 0,
        by owner: Slot
    ) -> Line {
        let topic = self.declare(type, role, by: owner.id)
        return self.state.withLock { state in
            let line = Line(
                owner: owner,
                topic: topic,
                replyTopic: replyTopic,
                target: state.lines.count
            )
            state.lines.append(line)
            return line
        }
    }

    func askingLine<Q: RoundTrip, Context: Sendable>(
        for type: Q.Type,
        about context: Context.Type,
        by owner: Slot
    ) -> Line {
        let replyTopic = self.replyTopic(of: type, about: context)
        return self.line(for: type, .asks(reply: replyTopic), replyTopic: replyTopic, by: owner)
    }

    var blueprint: Blueprint { self.state.withLock { $0.blueprint } }

    /// Ends the plugging in: connects the emitters and hands over what runs.
    func seal() -> (directory: Directory, drains: [Drain]) {
        self.state.withLock { state in
            state.isSealed = true
            let targets = state.lines.map { line in
                state.blueprint.receivers(of: line.topic).map { state.slots[$0] }
            }
            for (line, receivers) in zip(state.lines, targets) where !receivers.isEmpty {
                line.connect()
            }
            let directory = Directory(
                slots: state.slots,
                messageNames: state.blueprint.topics.map(\.name),
                lineTargets: targets
            )
            let drains = state.drains
            // Cleared because the kernel holds these from here on; a second reference would only keep
            // them alive longer.
            state.drains = []
            state.lines = []
            return (directory, drains)
        }
    }
}

extension Assembly.State {
    mutating func index(of type: ObjectIdentifier, _ topic: Blueprint.Topic) -> Int {
        if let known = self.topicIndices[type] { return known }
        let index = self.blueprint.topics.count
        self.topicIndices[type] = index
        self.blueprint.topics.append(topic)
        return index
    }
}
