/// The rules of a topology (design §3); each returns what breaks it.
extension Blueprint {
    /// All problems, in the order of the rules and then of plugging in.
    func problems(standard: [SubsystemName]) -> [BootProblem] {
        var problems = self.namingProblems + self.handlerProblems + self.ownershipProblems
        problems += self.sendingProblems(standard: standard) + self.pairingProblems
        if let cycle = TopologyGraph(self).queryCycle { problems.append(.queryCycle(cycle)) }
        var unique: [BootProblem] = []
        for problem in problems where !unique.contains(problem) { unique.append(problem) }
        return unique
    }

    /// The standard subsystems that are not plugged in.
    func absent(standard: [SubsystemName]) -> [SubsystemName] {
        standard.filter { !self.isPlugged($0) }
    }

    private var namingProblems: [BootProblem] {
        self.subsystems.enumerated()
            .filter { seat, name in self.subsystems.firstIndex(of: name) != seat }
            .map { BootProblem.duplicateSubsystem($0.element) }
    }

    private var handlerProblems: [BootProblem] {
        let handlers = self.declarations.filter { [.receives, .answers, .hears].contains($0.role) }
        return handlers.enumerated().compactMap { index, handler in
            let isRepeated = handlers.prefix(index).contains {
                $0.seat == handler.seat && $0.topic == handler.topic
            }
            guard isRepeated else { return nil }
            return .duplicateHandler(
                message: self.topics[handler.topic].name,
                self.subsystems[handler.seat]
            )
        }
    }

    /// Commands, queries and procedures name their one receiver.
    private var ownershipProblems: [BootProblem] {
        var problems: [BootProblem] = []
        for (index, topic) in self.topics.enumerated() {
            let receivers = distinct(self.names(self.seats(.receives, index)))
            let answerers = distinct(self.names(self.seats(.answers, index)))
            if receivers.count > 1, topic.receiver != nil {
                problems.append(.twoReceivers(command: topic.name, receivers))
            } else if let named = topic.receiver, let actual = receivers.first, actual != named {
                problems.append(
                    .wrongReceiver(command: topic.name, named: named, actual: actual)
                )
            }
            if answerers.count > 1 {
                problems.append(.twoAnswerers(query: topic.name, answerers))
            } else if let named = topic.answerer, let actual = answerers.first, actual != named {
                problems.append(.wrongAnswerer(query: topic.name, named: named, actual: actual))
            }
        }
        return problems
    }

    /// What is sent must arrive, unless the receiver is a standard subsystem that is absent.
    private func sendingProblems(standard: [SubsystemName]) -> [BootProblem] {
        let absent = self.absent(standard: standard)
        return self.declarations.compactMap { declaration in
            let topic = self.topics[declaration.topic]
            let sender = self.subsystems[declaration.seat]
            let isUnheard = self.receivers(of: declaration.topic).isEmpty
            switch declaration.role {
            case .emits:
                if let named = topic.receiver {
                    guard isUnheard, !absent.contains(named) else { return nil }
                    return .commandNotReceived(command: topic.name, sender: sender, named: named)
                }
                // A subsystem outside the standard set may send an event that no other subsystem
                // receives yet.
                guard isUnheard, absent.isEmpty, standard.contains(sender) else { return nil }
                let senders = distinct(self.names(self.seats(.emits, declaration.topic)))
                return .eventNotReceived(event: topic.name, senders: senders)
            case .asks:
                guard let named = topic.answerer, isUnheard, !absent.contains(named) else {
                    return nil
                }
                return .queryNotAnswered(query: topic.name, asker: sender, named: named)
            case .receives, .answers, .hears, .inlet: return nil
            }
        }
    }

    /// Replies and signals need a handler where they arrive, and a handler needs a source.
    private var pairingProblems: [BootProblem] {
        self.declarations.compactMap { declaration in
            let topic = self.topics[declaration.topic]
            let name = self.subsystems[declaration.seat]
            switch declaration.role {
            case .asks(let reply):
                guard !self.seats(.hears, reply).contains(declaration.seat) else { return nil }
                return .replyNotReceived(
                    query: topic.name,
                    reply: self.topics[reply].name,
                    asker: name
                )
            case .inlet:
                let receivers = self.seats(.receives, declaration.topic)
                guard !receivers.contains(declaration.seat) else { return nil }
                return .signalNotReceived(signal: topic.name, name)
            case .receives:
                guard topic.route == .signal, !self.has(.inlet, declaration) else { return nil }
                return .unreachableHandler(message: topic.name, name)
            case .hears:
                guard !self.has(.asks(reply: declaration.topic), declaration) else { return nil }
                return .unreachableHandler(message: topic.name, name)
            case .answers, .emits: return nil
            }
        }
    }

    /// Whether the subsystem of a handler also declares what the handler needs.
    private func has(_ source: Role, _ handler: Declaration) -> Bool {
        self.declarations.contains { other in
            guard other.seat == handler.seat, other.role == source else { return false }
            if case .asks = source { return true }
            return other.topic == handler.topic
        }
    }
}

private func distinct(_ names: [SubsystemName]) -> [SubsystemName] {
    var result: [SubsystemName] = []
    for name in names where !result.contains(name) { result.append(name) }
    return result
}
