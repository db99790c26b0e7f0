import Messages
import Primitives

@testable import Identities

/// What a node hears: a message, or the outcome of a vote.
enum Heard {
    case message(Message)
    case vote(ResolutionRatified)
}

/// A node that hears things in some order; what it refuses comes again, as it is held back.
struct Listener {
    /// When everything arrives.
    static let now = RegistryFixture.start + 3_600_000
    var keys = RegistryFixture()
    private(set) var refused: [Message] = []

    init(_ order: [Heard], at time: Int64 = now) {
        for heard in order {
            switch heard {
            case .message(let message): self.hear(message, at: time)
            case .vote(let ratified):
                self.keys.registry.ratified(ratified)
                _ = self.keys.registry.advance(to: ratified.effectiveAt)
                self.retry(at: time)
            }
        }
    }

    init(_ messages: [Message], at time: Int64 = now) {
        self.init(messages.map { .message($0) }, at: time)
    }

    private mutating func hear(_ message: Message, at time: Int64) {
        guard self.keys.take(message, receivedAt: time) == nil else {
            return self.refused.append(message)
        }
        self.retry(at: time)
    }

    private mutating func retry(at time: Int64) {
        while true {
            let waiting = self.refused
            self.refused = waiting.filter { self.keys.take($0, receivedAt: time) != nil }
            if self.refused.count == waiting.count { return }
        }
    }
}

/// What a node says of every key, without the order in which it learned it.
struct Outlook: Equatable {
    let lines: [String]

    init(_ registry: KeyRegistry, keys: [Character], probes: [Message]) throws {
        let nodes = try keys.map { try RegistryFixture.node($0) }
        func letter(_ node: NodeID) -> String {
            zip(keys, nodes).first { $0.1 == node }.map { String($0.0) } ?? "?"
        }
        self.lines =
            nodes.map { node in
                let others = registry.keys(of: node).map(letter).sorted()
                return "\(letter(node)) is \(letter(registry.identity(of: node))), "
                    + "has \(others), suspended \(registry.isSuspended(node))"
            }
            + probes.map { probe in
                switch registry.standing(of: probe) {
                case .success(let standing):
                    "\(standing.identity) \(standing.keyCount) \(standing.isSuspended) "
                        + "\(standing.votingOpensAt?.milliseconds ?? 0)"
                case .failure(let refusal): refusal.code.rawValue
                }
            }
    }

    /// Of nodes that heard these orders.
    static func all(_ orders: [[Heard]], keys: [Character]) throws -> [Outlook] {
        let day: Int64 = 86_400_000
        let probes = try keys.flatMap { key in
            try [-20 * day, -60_000, 0, 1_800_000, 10 * day].map {
                try RegistryFixture.request(by: key, at: RegistryFixture.start + $0)
            }
        }
        return try orders.map {
            try Outlook(Listener($0).keys.registry, keys: keys, probes: probes)
        }
    }
}
