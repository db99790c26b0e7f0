import TestSupport

/// One thing that happens to an assembly; people and proposals are named by numbers that always
/// name something, so that any part of a history is a history.
enum ModelStep: Sendable {
    case wait(minutes: Int64)
    /// Hours with so many active identities, observed one after the other.
    case observe(active: Int, hours: Int, multiplier: Int64, hintedDaysAgo: Int64?)
    case propose(Int, number: Int, ModelSubject, constitutional: Bool, hours: Int64, score: Int64)
    case vote(Int, on: Int, ModelBallot)
    /// One letter for each person: e, r, a, or - for nothing.
    case poll(on: Int, stances: String)
    /// One endorses with a share of the weight, one rejects with the rest, one is present; then the
    /// voting ends.
    case balance(on: Int, endorse: Int64)
    /// A ratified parameter takes effect.
    case amend(threshold: Int64)
    case withdraw(Int, Int)
    case adopt(Int, Int, success: Bool, score: Int64)
    case announce(Int, degraded: Bool)
    case rate(Int, reputation: Int64, suspended: Bool, tenure: Int64)
    case rateAll([Int64])
    case keys(KeyStep)
    case decide(active: Int, reputation: Int64)
    /// Lets the voting of a proposal end, and some days pass.
    case finish(Int, days: Int64, active: Int, reputation: Int64)
}

/// What a proposal is about.
enum ModelSubject: Sendable, CaseIterable {
    case content
    case flag
    case threshold
    case successor
    case version
    case shortVersion
}

struct ModelBallot: Sendable {
    let stance: PlainAssembly.Stance
    let isDegraded: Bool
    let minutesAgo: Int64
    let score: Int64
}

extension ModelStep {
    static let people = 0..<9
    static let proposals = 0..<4
    /// Around the gate, and such that sums hit thresholds and margins.
    private static let scores: [Int64] = [
        100_000, 299_999, 300_000, 330_000, 350_000, 500_000, 650_000, 670_000, 690_000, 900_000,
        1_000_000,
    ]

    static func history(_ chance: inout HistoryGenerator) -> [ModelStep] {
        (0..<chance.number(2...18)).map { _ in
            switch chance.number(0...99) {
            case 0..<14: Self.time(&chance)
            case 14..<27: Self.proposal(&chance)
            case 27..<58: Self.votes(&chance)
            case 58..<70: Self.standing(&chance)
            case 70..<82: .keys(.random(&chance, Self.person))
            default: Self.decision(&chance)
            }
        }
    }

    private static func person(_ chance: inout HistoryGenerator) -> Int {
        Int.random(in: Self.people, using: &chance)
    }

    private static func number(_ chance: inout HistoryGenerator) -> Int {
        Int.random(in: chance.one(0..<2, Self.proposals), using: &chance)
    }

    private static func score(_ chance: inout HistoryGenerator) -> Int64 {
        Self.scores.randomElement(using: &chance) ?? .zero
    }

    private static func time(_ chance: inout HistoryGenerator) -> ModelStep {
        switch chance.number(0...13) {
        case 0..<4: .wait(minutes: chance.number(1...20_000))
        case 4: .wait(minutes: chance.one(59, 60, 90, 24 * 60, 30 * 24 * 60, 61 * 24 * 60))
        case 5: .amend(threshold: chance.one(500_000, 750_000, 900_000))
        case 6:
            .observe(
                active: chance.one(1_024, 1_024, 1_023),
                hours: chance.one(720, 719),
                multiplier: 1_000_000,
                hintedDaysAgo: nil
            )
        case 7:
            .observe(
                active: chance.one(16, 15, 1_024),
                hours: 1,
                multiplier: 1_000_000,
                hintedDaysAgo: chance.number(0...40)
            )
        default:
            .observe(
                active: chance.one(15, 16, 16, 16),
                hours: chance.one(1, 71, 72, 167, 168),
                multiplier: chance.one(1_000_000, 2_330_000, 1_500_000),
                hintedDaysAgo: nil
            )
        }
    }

    private static func proposal(_ chance: inout HistoryGenerator) -> ModelStep {
        let subject = ModelSubject.allCases.randomElement(using: &chance) ?? .content
        return .propose(
            Self.person(&chance),
            number: Self.number(&chance),
            chance.one(.content, subject),
            constitutional: chance.one(false, false, true),
            hours: chance.one(1, 10, 100, 1_440, 2_000, 2_160),
            score: chance.one(500_000, 500_000, 500_000, Self.score(&chance))
        )
    }

    private static func votes(_ chance: inout HistoryGenerator) -> ModelStep {
        switch chance.number(0...32) {
        case 0..<13:
            return .vote(
                Self.person(&chance),
                on: Self.number(&chance),
                ModelBallot(
                    stance: chance.one(.endorse, .endorse, .reject, .abstain),
                    isDegraded: chance.one(false, false, true),
                    minutesAgo: chance.one(0, 0, 1, 60, 3_000),
                    score: Self.score(&chance)
                )
            )
        case 13..<26:
            let letters = Self.people.map { _ in chance.one("e", "e", "e", "r", "a", "-") }
            return .poll(on: Self.number(&chance), stances: letters.joined())
        case 26:
            return .balance(
                on: Self.number(&chance),
                endorse: chance.one(
                    649_999,
                    650_000,
                    669_999,
                    670_000,
                    690_000,
                    690_001,
                    880_000,
                    900_000,
                    480_000,
                    500_000
                )
            )
        case 27..<29: return .withdraw(Self.person(&chance), Self.number(&chance))
        default:
            return .adopt(
                Self.person(&chance),
                Self.number(&chance),
                success: chance.one(true, true, false),
                score: chance.one(300_000, 299_999)
            )
        }
    }

    private static func standing(_ chance: inout HistoryGenerator) -> ModelStep {
        switch chance.number(0...11) {
        case 0..<3: .announce(Self.person(&chance), degraded: Bool.random(using: &chance))
        case 3..<7: .rateAll(Self.people.map { _ in Self.score(&chance) })
        default:
            .rate(
                Self.person(&chance),
                reputation: Self.score(&chance),
                suspended: chance.one(false, false, true),
                tenure: chance.one(1_000_000, 950_000, 902_500)
            )
        }
    }

    private static func decision(_ chance: inout HistoryGenerator) -> ModelStep {
        let active = chance.number(1...20)
        let reputation = Int64(active) * chance.one(100_000, 300_000, 700_000)
        return chance.number(0...2) == 0
            ? .decide(active: active, reputation: reputation)
            : .finish(
                Self.number(&chance),
                days: chance.one(0, 0, 7, 8, 31),
                active: active,
                reputation: reputation
            )
    }
}
