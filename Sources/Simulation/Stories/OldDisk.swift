import LocalAPI
import Messages
import Primitives

extension Story {
    /// T22, ADR 0039: a data directory from a month ago is put back; the node hears from others what it said
    /// itself.
    public static let oldDisk = Story(
        "old-disk",
        "A node gets its disk of a month ago back, catches up, and contradicts nothing it said.",
        nodes: 6,
        setting: OldDisk.setting
    ) { stage in
        // A founder may speak at once; the other one must catch up first.
        for victim in [1, 5] { try await OldDisk(stage, victim: victim).play() }
        stage.step("All nodes agree")
        try await stage.healAndConverge(mayDiffer: .weights)
    }
}

/// One node that loses a month.
private final class OldDisk {
    private let stage: Stage
    private let victim: Int
    private var player: Player { self.stage.node(self.victim) }
    private var others: [Int] { self.stage.everyone.filter { $0 != self.victim } }
    private static let day = Duration.seconds(86_400)

    static let setting: StorySetting = {
        var setting = StorySetting.patient
        setting.haveCaughtUp = 4
        return setting
    }()

    init(_ stage: Stage, victim: Int) {
        self.stage = stage
        self.victim = victim
    }

    func play() async throws {
        let name = self.player.name
        self.stage.step(
            "All nodes meet and decide something; a copy of the disk of \(name) is made"
        )
        await self.stage.wait(Self.day)
        let first = try await self.decide("What \(name) saw before the copy")
        let copy = self.stage.world.copyDisk(of: self.victim)

        self.stage.step(
            "A month passes, in which \(name) proposes, votes, adopts and judges others"
        )
        await self.stage.wait(Self.day * 10)
        let lost = try await self.decide("What \(name) forgets")
        try await self.stage.adopt(lost, by: self.player)
        await self.stage.wait(Self.day * 18)
        let running = try await self.stage.propose(
            Draft("What \(name) is voting on", voting: Self.day * 5),
            by: self.stage.node(0)
        )
        await self.stage.wait(.seconds(3_600))
        try await self.stage.vote(.reject, on: running, by: self.player)
        for node in self.others { try await self.vote(.endorse, on: running, by: node) }
        await self.stage.wait(Self.day)
        let before = Sayings(of: self.player.id, in: self.stage, at: self.others[0])
        try await self.expectNothingForgotten(before)

        self.stage.step("The copy is put back: \(name) has forgotten the month")
        try await self.stage.world.restoreDisk(of: self.victim, from: copy)
        try await self.stage.expect("own messages of the month", at: [self.victim], "forgotten") {
            before.missing(in: Sayings(of: self.player.id, in: self.stage, at: $0)).isEmpty
                ? "still there" : "forgotten"
        }

        self.stage.step("An hour later it has all of it again, and its own words came from others")
        await self.stage.wait(.seconds(3_600))
        try await self.expectNothingForgotten(before)
        try await self.stage.expect("sync state", at: [self.victim], "synced") { node in
            try await self.stage.ask(node, .status)["sync"]?["state"]?.string ?? "unknown"
        }
        try await self.mayGoOnSigning()

        self.stage.step("A week later it has said nothing that contradicts what it said before")
        await self.stage.wait(Self.day * 7)
        try await self.contradictsNothing(before)
        for (proposal, state) in [(first, "ratified"), (lost, "ratified"), (running, "ratified")] {
            try await self.stage.expect("state of \(proposal.hex.prefix(8))", state) {
                try await self.stage.state(of: proposal, at: $0)
            }
        }
        try await self.stage.expect("vote of \(name)", ["\(name): reject"]) { node in
            try await self.stage.votes(on: running, at: node).filter { $0.hasPrefix(name) }
        }
    }

    private func expectNothingForgotten(_ before: Sayings) async throws {
        try await self.stage.expect("own messages that are forgotten", at: [self.victim], []) {
            before.missing(in: Sayings(of: self.player.id, in: self.stage, at: $0))
        }
    }

    private func mayGoOnSigning() async throws {
        try await self.stage.expect("signing", at: [self.victim], "null") { node in
            let status = try await self.stage.ask(node, .status)
            return status["identity"]?["signing_stopped_because"]?.string ?? "null"
        }
        let request = JSONValue.object([
            ("title", .string("\(self.player.name) is back")), ("body", .string("For a story.")),
            ("tags", .array([])),
        ])
        let id = try await self.stage.send(.request, request, by: self.player)
        await self.stage.wait(.seconds(600))
        try await self.stage.expect("its new request in the log", true) {
            self.stage.world.log(of: $0, .request).contains(id)
        }
    }

    /// Everything that others have of it: what it said later than the copy was put back included.
    private func contradictsNothing(_ before: Sayings) async throws {
        for node in self.stage.everyone {
            let sayings = Sayings(of: self.player.id, in: self.stage, at: node)
            let found = sayings.contradictions
            try await self.stage.expect("contradictions of \(self.player.name)", at: [node], []) {
                _ in found
            }
            try await self.stage.expect("what was said before and is lost", at: [node], []) { _ in
                before.missing(in: sayings)
            }
        }
    }

    private func decide(_ title: String) async throws -> MessageID {
        let draft = Draft(title, voting: Self.day)
        let proposal = try await self.stage.propose(draft, by: self.player)
        await self.stage.wait(.seconds(3_600))
        for node in self.stage.everyone { try await self.vote(.endorse, on: proposal, by: node) }
        await self.stage.wait(Self.day + .seconds(3_600))
        try await self.stage.expect("state of “\(title)”", "ratified") {
            try await self.stage.state(of: proposal, at: $0)
        }
        return proposal
    }

    private func vote(_ stance: Vote.Stance, on proposal: MessageID, by node: Int) async throws {
        try await self.stage.vote(stance, on: proposal, by: self.stage.node(node))
    }
}

/// What a node has of another one's words; announcements replace each other, and nobody logs his own.
private struct Sayings {
    private let words: [Message]

    init(of speaker: NodeID, in stage: Stage, at node: Int) {
        self.words = stage.world.messages(of: speaker, at: node)
            .filter { $0.type != .peerAnnounce }
    }

    /// What another one lacks of these, in words.
    func missing(in other: Sayings) -> [String] {
        let known = Set(other.words.map(\.id))
        return self.words.filter { !known.contains($0.id) }.map { "\($0.typeName) \($0.id)" }
    }

    /// Pairs of words of which one takes back, repeats or precedes another one of the same subject.
    var contradictions: [String] {
        var seen: [String: Message] = [:]
        var found: [String] = []
        for word in self.words.sorted(by: { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }) {
            guard let subject = Self.subject(of: word) else { continue }
            if let earlier = seen[subject] {
                found.append("\(subject): \(earlier.id) and \(word.id)")
            }
            seen[subject] = word
        }
        return found
    }

    /// What can be said once only; nil for words of which newer ones follow older ones.
    private static func subject(of word: Message) -> String? {
        switch word.payload {
        case .vote(let vote): "vote on \(vote.proposalID)"
        case .adopt(let adopt): "adoption of \(adopt.proposalID)"
        case .propose(let propose): "proposal “\(propose.title)”"
        default: nil
        }
    }
}
