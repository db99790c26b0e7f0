import Cryptography
import LocalAPI
import Messages
import Primitives

/// Things that nodes and keys without a node do, of every kind that is in a log, by chance.
struct CrashDeeds {
    /// Something that a node's local API said was done.
    struct Acknowledged: CustomStringConvertible {
        let node: Int
        let type: MessageType
        let id: MessageID

        var description: String { "\(self.type.rawValue) \(self.id) of node \(self.node)" }
    }

    /// What somebody posted and nobody answered yet.
    private struct Open {
        let ticket: World.Ticket
        let type: MessageType
        let title: String?
    }

    /// How those who act go about it.
    struct Habits {
        /// For how many seconds votes are taken.
        let voting: Range<Int>
        /// Of how many proposals, the newest, one is voted on, adopted or withdrawn.
        let recent: Int
        /// Votes of four that are for a proposal whatever chance says.
        let goodwill: Int

        /// All within minutes, of everything there is.
        static let hasty = Habits(voting: 180..<1_380, recent: .max, goodwill: 0)
        /// In days, of what is new, with some of it adopted in the end.
        static let patient = Habits(voting: 86_400..<432_000, recent: 6, goodwill: 3)
    }

    private let stage: Stage
    private let habits: Habits
    private var random: SplitMix64
    private var open: [Open] = []
    private(set) var acknowledged: [Acknowledged] = []
    /// How many were acknowledged, whatever was forgotten since.
    private(set) var count = 0
    /// Proposals that were signed, whether or not any node has them.
    private var proposals: [MessageID] = []
    private var number = 0
    /// Keys without a node, and those that act for them; the last one is the newest.
    private let alice: Player
    private var bob: [Player]
    private var phones: [Player] = []

    init(_ stage: Stage, seed: UInt64, habits: Habits = .hasty) throws {
        self.stage = stage
        self.habits = habits
        self.random = SplitMix64(seed: seed)
        self.alice = try stage.player("alice", at: 0)
        self.bob = [try stage.player("bob", at: 0)]
    }

    /// Does one thing, chosen at random.
    mutating func act() async throws {
        self.collect()
        self.number += 1
        let node = self.random.index(below: self.stage.everyone.count)
        switch self.random.index(below: 14) {
        case 0, 1: await self.post(.publish(.request, self.request), .request, node)
        case 2: await self.propose(node)
        case 3, 4, 5: await self.vote(node)
        case 6: await self.comment(node)
        case 7:
            guard let proposal = self.anyProposal else { return await self.propose(node) }
            await self.post(.adopt(proposal), .adopt, node)
        case 8:
            guard let proposal = self.anyProposal, self.random.index(below: 4) == 0 else { return }
            let payload = JSONValue.object([("proposal_id", .string(proposal.hex))])
            await self.post(.publish(.withdraw, payload), .withdraw, node)
        case 9: await self.post(.publish(.share, self.offer), .share, node)
        case 10: await self.post(.publish(.flag, self.flag), .flag, node)
        case 11: try await self.link(node)
        case 12: try await self.unlink(node)
        default: try await self.speakOutOfTurn()
        }
    }

    /// Notes what was answered.
    mutating func collect() {
        let open = self.open
        self.open = []
        for deed in open {
            guard let answer = self.stage.world.answer(to: deed.ticket) else {
                self.open.append(deed)
                continue
            }
            self.note(answer, of: deed)
        }
    }

    /// What was acknowledged so far is settled.
    mutating func forget() {
        self.acknowledged = []
        // Who died meanwhile answers no more.
        self.open = []
    }

    private mutating func note(_ answer: APIResponse, of deed: Open) {
        guard answer.status == 200,
            let id = answer.body["id"]?.string.flatMap({ MessageID(hex: $0) })
        else { return }
        self.count += 1
        self.acknowledged.append(
            Acknowledged(node: deed.ticket.node, type: deed.type, id: id)
        )
        guard let title = deed.title else { return }
        self.proposals.append(id)
        self.stage.proposals.append((id: id, title: title))
    }

    private mutating func post(
        _ call: APICall,
        _ type: MessageType,
        _ node: Int,
        title: String? = nil
    ) async {
        guard let ticket = await self.stage.world.post(call, to: node) else { return }
        self.open.append(Open(ticket: ticket, type: type, title: title))
    }

    // MARK: Words

    private var anyProposal: MessageID? {
        mutating get {
            guard !self.proposals.isEmpty else { return nil }
            let known = self.proposals.suffix(self.habits.recent)
            return known[known.startIndex + self.random.index(below: known.count)]
        }
    }

    private var request: JSONValue {
        .object([
            ("title", .string("Wish \(self.number)")), ("body", .string("For a story.")),
            ("tags", .array([])),
        ])
    }

    private mutating func draft() -> Draft {
        let range = self.habits.voting
        let voting = Duration.seconds(range.lowerBound + self.random.index(below: range.count))
        return Draft("Answer \(self.number)", voting: voting)
    }

    private mutating func propose(_ node: Int) async {
        let draft = self.draft()
        let payload = draft.payload(now: self.stage.now)
        await self.post(.publish(.propose, payload), .propose, node, title: draft.title)
    }

    private mutating func vote(_ node: Int) async {
        guard let proposal = self.anyProposal else { return await self.propose(node) }
        let stances = Vote.Stance.allCases
        let isWelcome =
            self.habits.goodwill > 0 && self.random.index(below: 4) < self.habits.goodwill
        let stance = isWelcome ? .endorse : stances[self.random.index(below: stances.count)]
        await self.post(.vote(proposal, stance: stance, reason: nil), .vote, node)
    }

    private mutating func comment(_ node: Int) async {
        guard let proposal = self.anyProposal else { return await self.propose(node) }
        let payload = JSONValue.object([
            ("target_id", .string(proposal.hex)), ("body", .string("Remark \(self.number)")),
        ])
        await self.post(.publish(.comment, payload), .comment, node)
    }

    private var artefact: String {
        SHA256Digest.hash(Array("# Answer \(self.number / 2)\n".utf8)).hex
    }

    private var offer: JSONValue {
        let entry = JSONValue.object([
            ("content_hash", .string(self.artefact)), ("content_type", .string("text/markdown")),
            ("content_size", .integer(11)), ("filename", .null), ("description", .null),
            ("tags", .array([])),
        ])
        return .object([("entries", .array([entry]))])
    }

    private var flag: JSONValue {
        .object([
            ("content_hash", .string(self.artefact)), ("severity", .string("dispute")),
            ("category", .string("spam")), ("details", .string("Seen before.")),
        ])
    }

    // MARK: Keys

    private mutating func link(_ node: Int) async throws {
        let phone = try self.stage.player("phone \(self.phones.count)", at: node)
        guard let key = phone.key else { return }
        self.phones.append(phone)
        let payload = JSONValue.object([
            ("root_key", .string(self.alice.id.hex)),
            ("child_key", .string(phone.id.hex)),
            ("child_signature", .string(key.sign(self.alice.id.array + phone.id.array).hex)),
        ])
        try await self.hand([(.didLink, payload, self.alice)])
    }

    /// A phone is revoked, or bob takes another key.
    private mutating func unlink(_ node: Int) async throws {
        if let phone = self.phones.last, self.random.index(below: 2) == 0 {
            let payload = Stage.revocation(of: phone, by: self.alice)
            return try await self.hand([(.didRevoke, payload, self.alice)])
        }
        guard let old = self.bob.last else { return }
        let new = try self.stage.player("bob's key \(self.bob.count)", at: node)
        self.bob.append(new)
        try await self.hand([(.keyRotate, try self.stage.rotation(of: old, to: new), old)])
    }

    /// A proposal, votes on it and a comment, in any order, each to a node of its own: some wait for
    /// others, as orphans do.
    private mutating func speakOutOfTurn() async throws {
        guard let bob = self.bob.last else { return }
        let draft = self.draft()
        let proposal = try self.stage.sign(.propose, draft.payload(now: self.stage.now), by: bob)
        self.proposals.append(proposal.id)
        let vote = Stage.vote(.endorse, on: proposal.id)
        let comment = JSONValue.object([
            ("target_id", .string(proposal.id.hex)), ("body", .string("By the way")),
        ])
        let speaker = self.phones.last ?? self.alice
        var messages = [proposal]
        messages.append(try self.stage.sign(.vote, vote, by: self.alice))
        messages.append(try self.stage.sign(.vote, vote, by: speaker))
        messages.append(try self.stage.sign(.comment, comment, by: speaker))
        await self.hand(self.random.sample(messages.count, of: messages))
    }

    private mutating func hand(_ words: [(MessageType, JSONValue, Player)]) async throws {
        await self.hand(try words.map { try self.stage.sign($0.0, $0.1, by: $0.2) })
    }

    /// Hands signed messages to nodes that live; what they refuse is their business.
    private mutating func hand(_ messages: [Message]) async {
        for message in messages {
            let node = self.random.index(below: self.stage.everyone.count)
            guard self.stage.world.isAlive(node) else { continue }
            _ = await self.stage.deliver(message, to: node)
            if self.random.index(below: 2) == 0 { await self.stage.wait(.seconds(2)) }
        }
    }
}
