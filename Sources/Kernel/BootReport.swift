/// What a booted kernel can do, and what it cannot because a subsystem is not plugged in.
public struct BootReport: Sendable, Equatable {
    /// A message that is sent and that nobody receives.
    public struct Unheard: Sendable, Equatable {
        /// The message type, without its module.
        public let message: String
        /// Command, event, query or procedure.
        public let kind: MessageKind
        /// Who sends it, in alphabetical order.
        public let senders: [SubsystemName]
    }

    /// A standard subsystem that is not plugged in.
    public struct Absence: Sendable, Equatable {
        /// Its name.
        public let subsystem: SubsystemName
        /// What only it would have received: commands, queries and procedures.
        public let unheard: [Unheard]
    }

    /// Who is plugged in, in that order.
    public let plugged: [SubsystemName]
    /// The standard subsystems that are missing, in the order of the standard.
    public let absent: [Absence]
    /// Events nobody receives: somebody is absent, or a plugged-in subsystem is ahead of its listeners.
    public let unheardEvents: [Unheard]

    /// Whether every standard subsystem is plugged in.
    public var isComplete: Bool { self.absent.isEmpty }
}

extension BootReport: CustomStringConvertible {
    /// One line for each absence and each unheard event.
    public var description: String {
        let plugged = "plugged in: " + self.plugged.map(\.rawValue).joined(separator: ", ")
        let absent = self.absent.map { absence in
            absence.unheard.isEmpty
                ? "\(absence.subsystem) is absent; nobody sends it anything"
                : "\(absence.subsystem) is absent; nobody receives "
                    + absence.unheard.map(\.text).joined(separator: ", ")
        }
        let events = self.unheardEvents.map { "nobody receives the event \($0.text)" }
        return ([plugged] + absent + events).joined(separator: "\n")
    }
}

extension BootReport.Unheard {
    fileprivate var text: String {
        "\(self.message) (from \(self.senders.map(\.rawValue).joined(separator: ", ")))"
    }
}

extension BootReport {
    init(_ blueprint: Blueprint, standard: [SubsystemName]) {
        let routes = TopologyGraph(blueprint).routes.filter { $0.receivers.isEmpty }
        var messages: [String: (kind: MessageKind, senders: [SubsystemName])] = [:]
        for route in routes {
            messages[route.message, default: (route.kind, [])].senders.append(route.sender)
        }
        let unheard = messages.map {
            Unheard(message: $0.key, kind: $0.value.kind, senders: $0.value.senders.sorted())
        }.sorted { $0.message.utf8.lexicographicallyPrecedes($1.message.utf8) }
        let named = Dictionary(
            blueprint.topics.map { ($0.name, $0.receiver ?? $0.answerer) },
            uniquingKeysWith: { first, _ in first }
        )
        self.plugged = blueprint.subsystems
        self.absent = blueprint.absent(standard: standard).map { name in
            Absence(subsystem: name, unheard: unheard.filter { named[$0.message] == name })
        }
        self.unheardEvents = unheard.filter { $0.kind == .event }
    }
}
