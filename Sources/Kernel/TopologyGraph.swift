/// Who sends what to whom, as declared when the subsystems were plugged in.
public struct TopologyGraph: Sendable, Equatable {
    /// One message type from one sender.
    public struct Route: Sendable, Hashable {
        /// Who sends it; for a signal, the owner of the device.
        public let sender: SubsystemName
        /// The message type, without its module.
        public let message: String
        /// What kind of traffic it is.
        public let kind: MessageKind
        /// Who receives it, in alphabetical order; empty if the receiver is absent.
        public let receivers: [SubsystemName]
    }

    /// The subsystems in alphabetical order.
    public let subsystems: [SubsystemName]
    /// The routes ordered by sender, kind and message; the same for the same topology.
    public let routes: [Route]
}

extension TopologyGraph {
    init(_ blueprint: Blueprint) {
        self.subsystems = Set(blueprint.subsystems).sorted()
        let routes = blueprint.declarations.compactMap { declaration -> Route? in
            let topic = blueprint.topics[declaration.topic]
            let sender = blueprint.subsystems[declaration.seat]
            let receivers = Set(blueprint.names(blueprint.receivers(of: declaration.topic)))
            guard let kind = topic.route.kind else { return nil }
            switch declaration.role {
            case .emits, .asks, .inlet:
                return Route(
                    sender: sender,
                    message: topic.name,
                    kind: kind,
                    receivers: kind == .signal ? [sender] : receivers.sorted()
                )
            case .receives, .answers, .hears: return nil
            }
        }
        self.routes = Set(routes).sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }
    }

    /// Subsystems that ask each other in a circle, the first repeated at the end; nil if there is no
    /// circle.
    public var queryCycle: [SubsystemName]? {
        var finished: Set<SubsystemName> = []
        for start in self.subsystems {
            if let cycle = self.cycle(through: start, path: [], &finished) { return cycle }
        }
        return nil
    }

    private func cycle(
        through name: SubsystemName,
        path: [SubsystemName],
        _ finished: inout Set<SubsystemName>
    ) -> [SubsystemName]? {
        if let start = path.firstIndex(of: name) { return path[start...] + [name] }
        guard !finished.contains(name) else { return nil }
        for next in self.answerers(askedBy: name) {
            if let cycle = self.cycle(through: next, path: path + [name], &finished) {
                return cycle
            }
        }
        finished.insert(name)
        return nil
    }

    private func answerers(askedBy name: SubsystemName) -> [SubsystemName] {
        let queries = self.routes.filter { $0.sender == name && $0.kind == .query }
        return Set(queries.flatMap(\.receivers)).sorted()
    }
}

extension TopologyGraph {
    /// The picture as a Mermaid flowchart; the same text for the same topology.
    ///
    /// One arrow goes from a sender to a receiver for all commands and events between them, a thick one
    /// for procedures and a dotted one for queries; its label lists the messages. Devices are rounded.
    public var mermaid: String {
        var lines = ["flowchart LR"]
        lines += self.subsystems.map { "    \($0)" }
        for sender in self.subsystems {
            let own = self.routes.filter { $0.sender == sender }
            lines += Self.deviceLines(own.filter { $0.kind == .signal }, of: sender)
            for receiver in self.subsystems {
                let shared = own.filter { $0.kind != .signal && $0.receivers.contains(receiver) }
                for (arrow, kinds) in Self.arrows {
                    let routes = shared.filter { kinds.contains($0.kind) }
                    lines += Self.arrow(sender, arrow, routes, receiver)
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let arrows: [(arrow: String, kinds: [MessageKind])] = [
        ("-->", [.command, .event]), ("==>", [.procedure]), ("-.->", [.query]),
    ]

    private static func arrow(
        _ sender: SubsystemName,
        _ arrow: String,
        _ routes: [Route],
        _ receiver: SubsystemName
    ) -> [String] {
        guard !routes.isEmpty else { return [] }
        return ["    \(sender) \(arrow)|\"\(self.label(routes))\"| \(receiver)"]
    }

    private static func deviceLines(_ signals: [Route], of owner: SubsystemName) -> [String] {
        guard !signals.isEmpty else { return [] }
        return ["    \(owner)Device([\"\(self.label(signals))\"]) --> \(owner)"]
    }

    private static func label(_ routes: [Route]) -> String {
        routes.map(\.message).joined(separator: "<br/>")
    }
}

extension TopologyGraph.Route {
    fileprivate var sortKey: [UInt8] {
        [self.sender.rawValue, self.kind.rawValue, self.message]
            .reduce(into: []) { $0 += Array($1.utf8) + [0] }
    }
}
