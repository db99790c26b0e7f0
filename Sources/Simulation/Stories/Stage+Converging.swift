import LocalAPI
import Primitives

// How every story ends: no fault, and one view of everything that must be the same.
extension Stage {
    /// One thing that nodes must agree on.
    private struct Aspect {
        let name: String
        let look: (Int) async throws -> String
    }

    /// What nodes may see differently although they have the same messages.
    public enum Leeway: Sendable {
        /// Nothing.
        case nothing
        /// Somebody voted whose score is an opinion by now: who voted is compared, and not with what
        /// weight.
        case weights
        /// Somebody was cut off when a decision came due, and took it by the votes that it had: nothing
        /// counts again after a partition yet (R-12-017). Proposals and votes are not compared.
        case decisions
    }

    /// Ends all faults and lets time pass until all nodes have one view of identities, proposals
    /// and phase.
    ///
    /// Scores are opinions; only those of the named players are compared, by each node's own ledger.
    ///
    /// - Throws: a ``StoryFailure`` that names the first node that differs when the time is over.
    public func healAndConverge(
        within limit: Duration = .seconds(3_600),
        scoresOf players: [Player] = [],
        mayDiffer leeway: Leeway = .nothing
    ) async throws {
        self.heal()
        let end = self.world.elapsed + limit
        let aspects =
            self.identities + self.governance(leeway) + self.scores(players) + self.whole
        while self.world.elapsed < end {
            await self.wait(.seconds(60))
            if try await self.difference(aspects) == nil { break }
        }
        if let difference = try await self.difference(aspects) { throw difference }
        for aspect in aspects { self.held("\(aspect.name): the same on all nodes") }
    }

    private func difference(_ aspects: [Aspect]) async throws -> StoryFailure? {
        for aspect in aspects {
            let expected = try await aspect.look(0)
            for node in self.everyone.dropFirst() {
                let found = try await aspect.look(node)
                guard found == expected else {
                    return self.failure(
                        aspect.name,
                        node: node,
                        expected: "\(expected) as on node 0",
                        found: found
                    )
                }
            }
        }
        return nil
    }

    private var identities: [Aspect] {
        self.players.sorted { $0.key < $1.key }.map { key, name in
            Aspect(name: "identity of \(name)") { node in
                // A key whose messages were all refused is unknown, and must be so everywhere.
                guard await self.isKnown(key, at: node) else { return "unknown" }
                return try await self.text(
                    .identity(key),
                    ["identity", "keys", "suspended"],
                    at: node
                )
            }
        }
    }

    private func governance(_ leeway: Leeway) -> [Aspect] {
        switch leeway {
        case .nothing: self.decisions(["state", "tally"])
        case .weights: self.decisions(["state"])
        case .decisions: []
        }
    }

    private func decisions(_ members: [String]) -> [Aspect] {
        self.proposals.flatMap { id, title in
            [
                Aspect(name: "\(members.joined(separator: " and ")) of “\(title)”") { node in
                    try await self.text(.proposal(id), members, at: node)
                },
                Aspect(name: "counted votes on “\(title)”") { node in
                    let votes = try await self.votes(on: id, at: node)
                    return votes.filter { !$0.hasSuffix("not counted") }.joined(separator: ", ")
                },
            ]
        }
    }

    private func scores(_ players: [Player]) -> [Aspect] {
        players.map { player in
            Aspect(name: "score of \(player.name)") { node in
                try await self.direct(of: player, at: node).description
            }
        }
    }

    /// What is one value for the whole network.
    private var whole: [Aspect] {
        [
            Aspect(name: "identity tree") { try await self.identityRoot(at: $0) },
            Aspect(name: "phase") { try await self.phase(at: $0) },
        ]
    }

    private func text(_ call: APICall, _ members: [String], at node: Int) async throws -> String {
        let answer = try await self.ask(node, call)
        return JSONValue.object(members.map { ($0, answer[$0] ?? .null) }).canonicalText
    }
}

extension JSONValue {
    fileprivate var canonicalText: String { String(decoding: self.canonicalBytes(), as: UTF8.self) }
}
