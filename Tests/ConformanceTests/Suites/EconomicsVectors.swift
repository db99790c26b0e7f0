import Messages
import Primitives
import TestSupport

@testable import Reputation
@testable import StorageMarket

/// Rent, limits, grace, notices, penalties and the parts of adoptions.
enum EconomicsVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("base_rate") {
            try self.rent(vector)
        } else if input.has("active_bytes") {
            try self.replicate(vector)
        } else if input.has("reputation") {
            let limit = StorageAllowance.bytes(at: try input.fraction("reputation"))
            try Check.same("limit", limit, try vector.expect.integer("limit_bytes"))
        } else if input.has("missed_on_days") {
            try self.grace(vector)
        } else if input.has("successful_adoptions") {
            try self.adoptions(vector)
        } else if input.has("host_reputation") || input.has("host_reputation_per_adoption") {
            try self.host(vector)
        } else if input.has("share_timestamp") {
            try self.credit(vector)
        } else if input.has("cycle_start") || input.has("already_seen") {
            try self.notice(vector)
        } else if input.has("replication_timestamp") {
            try self.cycle(vector)
        } else if input.has("endorsing_identities") {
            try self.exempt(vector)
        } else {
            try PenaltyVectors.run(vector)
        }
    }

    private static let day = MarketLine.day
    private static let hour: Int64 = 3_600_000

    // MARK: Rent

    /// The first cycle that costs something is held; what no message can announce is only reckoned.
    private static func rent(_ vector: VectorCase) throws {
        let bytes = try vector.input.integer("content_size")
        let rate = try vector.input.fraction("base_rate")
        let expected = try vector.expect.fraction("daily_rent")
        try Check.same("rent", Prices.dailyRent(of: bytes, rate: rate), expected)
        if bytes <= WireLimits.replicatedContentBytesMax {
            try self.hold(bytes, at: rate, expected)
        }
    }

    private static func hold(_ bytes: Int64, at rate: FixedPoint, _ expected: FixedPoint) throws {
        var line = try MarketLine(baseRent: rate)
        try line.replicate(bytes: bytes)
        line.wait(until: MarketLine.start + self.day)
        let held = line.findings.map(\.finding).compactMap { finding -> FixedPoint? in
            if case .rentHeld(_, _, let amount) = finding { amount } else { nil }
        }
        try Check.same("held", held, expected == .zero ? [] : [expected])
    }

    private static func replicate(_ vector: VectorCase) throws {
        let isPermitted = Prices.permits(
            try vector.input.integer("content_size"),
            beside: try vector.input.integer("active_bytes"),
            at: try vector.input.fraction("reputation")
        )
        try Check.same("accept", isPermitted, try vector.expect.bool("accept"))
    }

    /// Each miss but the last is followed by a cycle that is paid.
    private static func grace(_ vector: VectorCase) throws {
        var line = try MarketLine()
        try line.replicate()
        let payer = try MarketLine.node(MarketLine.uploader)
        let days = try vector.input.list("missed_on_days").compactMap(\.integer)
        for day in days {
            let number = day + 1
            let time = MarketLine.start + number * self.day
            let cycle = RentCycle(content: MarketLine.content, number: number)
            line.find(.rentMissed(cycle, payer: payer), at: time)
            guard day != days.last else { break }
            let next = RentCycle(content: MarketLine.content, number: number + 1)
            let amount = FixedPoint(millionths: 1)
            line.find(.rentHeld(next, payer: payer, amount: amount), at: time + self.day)
            let work = RentWork(required: 1, providers: [], validators: [])
            line.find(.rentSettled(next, work), at: time + 2 * self.day)
        }
        let miss = MarketLine.start + ((days.last ?? 0) + 1) * self.day
        let end: Timestamp
        switch line.contract(at: miss)?.state {
        case .grace(let until): end = until
        case .decayed(let at): end = at
        case let other: throw VectorFailure("the contract is \(other as Any)")
        }
        let length = end.milliseconds(since: Timestamp(milliseconds: miss)) / self.day
        try Check.same("grace", length, try vector.expect.integer("grace_days"))
    }

    private static func cycle(_ vector: VectorCase) throws {
        var line = try MarketLine()
        try line.replicate(at: try vector.input.integer("replication_timestamp"))
        let moment = try vector.input.time("at")
        let life = line.books.life(of: MarketLine.content, at: moment)
        let cycle = life?.calendar.cycle(at: moment)
        try Check.same("cycle", cycle, try vector.expect.integer("cycle"))
    }

    // MARK: Notices

    private static func notice(_ vector: VectorCase) throws {
        if vector.input.has("already_seen") { return try self.again(vector) }
        let start = try vector.input.integer("cycle_start")
        let time = try vector.input.integer("message_timestamp")
        var line = try MarketLine()
        try line.replicate(at: start - self.day)
        try line.say(MarketLine.notice(1), by: MarketLine.uploader, at: time)
        line.wait(until: start + 8 * self.day)
        let cycle = RentCycle(content: MarketLine.content, number: 1)
        let findings = line.findings.map(\.finding)
        let isSettled = findings.contains {
            if case .rentSettled(cycle, _) = $0 { true } else { false }
        }
        let payer = try MarketLine.node(MarketLine.uploader)
        let isMissed = findings.contains(.rentMissed(cycle, payer: payer))
        try Check.same("either settled or missed", isSettled != isMissed, true)
        try Check.same("timely", isSettled, try vector.expect.bool("timely"))
    }

    private static func again(_ vector: VectorCase) throws {
        let content = ContentHash(try vector.input.bytes32("content_hash"))
        let notice = MarketLine.notice(try vector.input.integer("cycle"), of: content)
        var line = try MarketLine()
        if try vector.input.bool("already_seen") {
            try line.say(notice, by: MarketLine.uploader, at: MarketLine.start)
        }
        let said = try line.say(notice, by: MarketLine.uploader, at: MarketLine.start + 1)
        try Check.same("accept", said.refusal == nil, try vector.expect.bool("accept"))
    }

    // MARK: Votes

    private static func exempt(_ vector: VectorCase) throws {
        let input = vector.input
        let day = { (number: Int64) in MarketLine.start + number * self.day }
        var line = try MarketLine()
        try line.replicate(at: MarketLine.start - 2 * self.day)
        // The cycle before the vote is paid, so that the contract lives on.
        try line.say(
            MarketLine.notice(1),
            by: MarketLine.uploader,
            at: MarketLine.start - self.day + 1
        )
        let proposal = Propose(
            title: "t",
            body: "b",
            contentHash: MarketLine.content,
            contentType: "text/plain",
            contentSize: 1_000_000,
            tier: .standard,
            votingDeadline: Timestamp(milliseconds: day(try input.integer("deadline")))
        )
        let submitted = day(try input.integer("submitted"))
        let id = try line.say(Draft(proposal), by: "author", at: submitted).message.id
        for voter in 0..<(try input.integer("endorsing_identities")) {
            try line.say(.vote("endorse", on: id), by: "voter \(voter)", at: submitted + 1 + voter)
        }
        let notice = MarketLine.notice(2 + (try input.integer("submitted")))
        try line.say(notice, by: MarketLine.uploader, at: submitted + self.hour)
        let now = day(try input.integer("now"))
        line.wait(until: now)
        let isHeld = line.findings.contains { entry in
            if case .rentHeld = entry.finding { entry.at == now } else { false }
        }
        try Check.same("exempt", !isHeld, try vector.expect.bool("exempt"))
    }

    // MARK: Adoptions

    /// Cuts the rewards of as many adoptions; the host has these scores.
    private static func cut(_ scores: [FixedPoint?], providers: Int) -> [AdoptionPool.Shares] {
        var pool = AdoptionPool()
        return scores.compactMap { score in
            pool.isOpen ? pool.next(hostScore: score, providers: providers) : nil
        }
    }

    private static func adoptions(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let providers = try input.integer("providers")
        let host: FixedPoint? =
            switch input.optional("host")?.string {
            case "full": EarningLimits.fullHost
            case "reduced": EarningLimits.fullHost - FixedPoint(millionths: 1)
            default: nil
            }
        let count = Int(try input.integer("successful_adoptions"))
        let shares = self.cut(Array(repeating: host, count: count), providers: Int(providers))
        let sum = { (part: (AdoptionPool.Shares) -> FixedPoint) in
            shares.reduce(FixedPoint.zero) { $0 + part($1) }.millionths
        }
        let provider = sum(\.provider)
        // What does not divide is the author's; the cases name it beside the providers' whole part.
        let dust = expect.optional("dust")?.integer ?? 0
        try Check.same("proposer", sum(\.author) - dust, try expect.integer("proposer"))
        try Check.same("host", sum(\.host), try expect.integer("host"))
        let total = provider * providers + dust
        try Check.same("providers", total, try expect.integer("providers_total"))
        if let each = expect.optional("per_provider")?.integer {
            try Check.same("each provider", provider, each)
        }
        let pool = sum(\.author) + sum(\.host) + provider * providers
        try Check.same("pool", pool, try expect.integer("pool"))
    }

    private static func host(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let one = input.optional("host_reputation")?.integer
        let each = input.optional("host_reputation_per_adoption")?.elements ?? []
        let adoptions = Int(EarningLimits.adoptionsMax)
        let scores =
            one.map { Array(repeating: $0, count: adoptions) } ?? each.compactMap(\.integer)
        let shares = self.cut(scores.map { FixedPoint(millionths: $0) }, providers: 0)
        let gain = shares.reduce(FixedPoint.zero) { $0 + $1.host }
        try Check.same("gain", gain, try expect.fraction("host_gain"))
        if let name = expect.optional("class")?.string {
            let full = self.cut([EarningLimits.fullHost], providers: 0).first?.host ?? .zero
            let isFull = gain == full.scaled(numerator: Int64(adoptions), denominator: 1)
            try Check.same("class", isFull ? "full" : "reduced", name)
        }
    }

    /// Somebody adopts a proposal that names a SHARE; its host gets a part if it came before.
    private static func credit(_ vector: VectorCase) throws {
        let proposedAt = try vector.input.integer("propose_timestamp")
        let sharedAt = vector.input.optional("share_timestamp")?.integer
        let people = ["author", "host", "adopter"]
        let score = FixedPoint(millionths: 500_000)
        var line = try LedgerLine(founders: people.map { ($0, score) }, isLocalProfile: true)
        let content: [UInt8] = [1]
        var share = LedgerLine.message("a share that nobody made")
        if let sharedAt { share = try line.log(.share([content]), by: "host", at: sharedAt) }
        let deadline = Timestamp(milliseconds: proposedAt + self.day)
        let draft = Draft.proposal(content: content, until: deadline)
        let proposal = try line.log(
            draft.adding([("origin_share_id", .string(share.hex))]),
            by: "author",
            at: proposedAt
        )
        try line.log(.adoption(of: proposal), by: "adopter", at: proposedAt + 1)
        let isCredited = try line.direct("host") > score
        try Check.same("credit", isCredited, try vector.expect.bool("credit_valid"))
    }
}
