import Identities
import Messages
import Primitives
import TestSupport

@testable import Reputation

/// Lives a history through the books, by real messages, and through the plain rules.
struct ModelDuel {
    private static let founders: [Int: Int64] = [
        1: 500_000, 2: 300_000, 3: 999_000, 6: 320_000, 7: 400_000, 8: 300_000,
    ]
    let cast: ModelCast
    var books: Bookkeeping
    var plain = PlainLedger(founders: founders)
    var now = ModelCast.start
    var said = 1_000
    /// SHAREs that did not come yet, by the number of the proposal that names each.
    var lateShares: [Int: (number: Int, host: Int, at: Int64)] = [:]
    private var decisions = 0

    private init(_ cast: ModelCast) throws {
        self.cast = cast
        let genesis = try Self.founders.sorted { $0.key < $1.key }.map { number, score in
            ReputationConfiguration.Founder(
                identity: try cast.node(number),
                score: FixedPoint(millionths: score)
            )
        }
        var configuration = ReputationConfiguration(
            genesis: genesis,
            ownIdentity: try cast.node(0)
        )
        configuration.detectsCollusion = false
        configuration.believesClaims = true
        self.books = Bookkeeping(configuration: configuration)
    }

    /// Lives a history.
    ///
    /// - Returns: where the two differ at its end; its beginnings are histories of their own.
    static func run(_ steps: [ModelStep], _ cast: ModelCast) throws -> Difference? {
        var duel = try ModelDuel(cast)
        for step in steps { try duel.take(step) }
        return try duel.difference()
    }

    /// Lives a history.
    ///
    /// - Returns: the books at its end.
    static func end(of steps: [ModelStep], _ cast: ModelCast) throws -> Bookkeeping {
        var duel = try ModelDuel(cast)
        for step in steps { try duel.take(step) }
        return duel.books
    }

    var timestamp: Timestamp { Timestamp(milliseconds: self.now) }

    /// Gives a message to both; they must agree on whether it may be signed.
    mutating func say(
        by person: Int,
        doing deed: PlainKeys.Deed = .speak,
        lateBy late: Int64 = 0,
        as number: Int? = nil,
        _ write: (_ number: Int, _ time: Int64) throws -> Message,
        _ effect: (inout PlainLedger, _ identity: Int) -> Void = { _, _ in }
    ) throws {
        self.said += 1
        let time = self.now - late
        let message = try write(number ?? self.said, time)
        let registry = self.books.ledger.keys
        let refusal = registry.refusal(of: message, receivedAt: self.timestamp)
        var isAllowed = refusal == nil
        if case .failure = registry.standing(of: message) { isAllowed = false }
        guard isAllowed == self.plain.keys.allows(deed, by: person, at: time) else {
            throw Difference("\(deed) by \(person) is allowed: \(isAllowed)")
        }
        guard isAllowed else { return }
        self.log(message, isLate: late > 0)
        self.plain.arrive(at: self.now)
        self.plain.passHour(at: self.now)
        // Keys change first: the message is already one of the new identity.
        self.plain.apply(deed, by: person, at: time)
        var proof = Int64.min
        if case .announce(let computed) = deed { proof = computed }
        guard let owner = self.plain.keys.owner(of: person, at: time, proof: proof) else { return }
        self.plain.spoke(owner.identity, message.typeName, at: time, isDirect: late == 0)
        effect(&self.plain, owner.identity)
    }

    private mutating func log(_ message: Message, isLate: Bool) {
        let identity = self.books.ledger.identity(of: message.from)
        let admitted = message.admitted(
            from: isLate
                ? nil : .gossip(relay: message.from, topic: .proposals, ticket: 0),
            at: self.timestamp,
            sender: SenderStanding(identity: identity)
        )
        self.books.logged(admitted)
        if message.type == .peerAnnounce { self.books.announced(admitted) }
    }

    private mutating func take(_ step: ModelStep) throws {
        self.now += 1
        switch step {
        case .wait(let minutes): self.now += minutes * 60_000
        case .watch(let days): self.watch(days)
        case .announce(let person, let network): try self.announce(person, network)
        case .announceAll:
            for person in ModelStep.people { try self.announce(person, 1 + person % 3) }
        case .stay(let person):
            self.now += PlainLedger.day - self.now % PlainLedger.day
            for _ in 0..<21 {
                try self.announce(person, nil)
                self.now += PlainLedger.hour
            }
        case .assess(let person, let subject, let overall, let before, let hours):
            let saidAt = self.now - hours * PlainLedger.hour
            let word = PlainLedger.Word(
                formedAt: saidAt - before,
                saidAt: saidAt,
                overall: overall,
                signer: person
            )
            try self.assess(person, of: subject, word)
        case .propose, .proposeUnshared, .bringShare, .upload, .adopt, .adoptByAll, .verify,
            .verifyByAll:
            try self.work(step)
        case .keys(let step): try self.changeKeys(step)
        case .earn, .earnDaily: try self.earn(step)
        case .flag, .ban, .settle, .vote, .voteInCycles: try self.judge(step)
        }
    }

    private mutating func watch(_ days: Int64) {
        for _ in 0..<days * 24 {
            self.now += PlainLedger.hour
            self.books.advance(to: self.timestamp)
            self.plain.arrive(at: self.now)
            self.plain.passHour(at: self.now)
        }
    }

    // MARK: Speaking

    private mutating func announce(_ person: Int, _ network: Int?, isProofNew: Bool = false) throws
    {
        let (cast, now) = (self.cast, self.now)
        try self.say(
            by: person,
            doing: .announce(proof: isProofNew ? now : .min),
            { number, time in
                try cast.announcement(
                    number,
                    by: person,
                    at: time,
                    network: network,
                    isProofNew: isProofNew
                )
            },
            { plain, identity in plain.announced(identity, network: network, at: now) }
        )
    }

    private mutating func assess(_ person: Int, of subject: Int, _ word: PlainLedger.Word) throws {
        let cast = self.cast
        try self.say(
            by: person,
            lateBy: self.now - word.saidAt,
            { try cast.assessment($0, by: person, of: subject, word, at: $1) },
            { plain, identity in plain.said(identity, of: subject, word) }
        )
    }

    // MARK: Keys

    private mutating func changeKeys(_ step: KeyStep) throws {
        let cast = self.cast
        switch step {
        case .link(let root, let child):
            try self.say(
                by: root,
                doing: .link(child: child),
                { try cast.link($0, root, child, at: $1) }
            )
        case .rotate(let old, let new):
            try self.say(
                by: old,
                doing: .rotate(to: new),
                { try cast.rotation($0, old, new, at: $1) }
            )
        case .contest(let old, let new, let rival):
            try self.changeKeys(.rotate(old, new))
            self.now += 1
            try self.changeKeys(.rotate(old, rival))
        case .revoke(let key, let other, let hours):
            let person = other ?? self.plain.who(key)
            let from = self.now - max(1, hours * PlainLedger.hour)
            try self.say(
                by: person,
                doing: .revoke(key: key, from: from),
                { try cast.revocation($0, person, key, from: from, at: $1) }
            )
        case .startOver(let index):
            guard let revoked = self.plain.keys.revoked(index) else { return }
            try self.announce(revoked, nil, isProofNew: true)
        case .part(let root, let child):
            try self.changeKeys(.link(root, child))
            self.now += 1
            try self.changeKeys(.revoke(child, by: root, backdatedByHours: 0))
            self.now += 1
            guard self.plain.keys.key(child).revocation != nil else { return }
            try self.announce(child, nil, isProofNew: true)
        }
    }

    // MARK: The ledger

    private mutating func earn(_ step: ModelStep) throws {
        switch step {
        case .earn(let person, let raw):
            let amount = FixedPoint(millionths: raw)
            let node = try self.cast.node(person)
            self.books.earn(amount, by: node, at: self.timestamp, cause: "test")
            self.plain.earn(raw, by: person, at: self.now)
        case .earnDaily(let person, let days):
            for _ in 0..<days {
                try self.earn(.earn(person, 20_500))
                self.now += PlainLedger.day
            }
        default: break
        }
    }

    private mutating func judge(_ step: ModelStep) throws {
        self.decisions += 1
        switch step {
        case .vote(let voters):
            try self.decide(.rejected, voters: voters, resolution: nil)
            for voter in voters { self.plain.voted(voter, at: self.now) }
        case .voteInCycles(let person, let pattern):
            for letter in pattern {
                self.now += 30 * PlainLedger.day
                if letter == "x" { try self.judge(.vote([person])) }
            }
        case .flag(let person):
            try self.decide(.ratified, resolution: (.flag, person, nil))
            self.plain.charge(50_000, to: person, at: self.now, isVoted: true)
        case .ban(let person):
            try self.decide(.ratified, resolution: (.ban, person, nil))
            self.plain.ban(person)
        case .settle(let index, let forRival):
            let contested = self.plain.keys.keys.filter { !$0.value.rivals.isEmpty }.keys.sorted()
            guard !contested.isEmpty else { return }
            let old = contested[index % contested.count]
            let key = self.plain.keys.key(old)
            guard let successor = forRival ? key.rivals.last?.key : key.successor?.key else {
                return
            }
            try self.decide(.ratified, resolution: (.keyConflict, old, successor))
            self.plain.apply(.settle(for: successor), by: old, at: self.now)
        default: break
        }
    }

    private mutating func decide(
        _ state: ProposalState,
        voters: [Int] = [],
        resolution: (kind: Propose.Resolution.Kind, subject: Int, successor: Int?)?
    ) throws {
        let fact = try self.cast.decision(
            self.decisions,
            state,
            voters: voters,
            resolution: resolution,
            at: self.now
        )
        self.books.logged(fact)
        self.plain.arrive(at: self.now)
        self.plain.passHour(at: self.now)
    }
}
