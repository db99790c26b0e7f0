import TestSupport

/// One thing that happens; people and proposals are named by numbers that always name something, so
/// that any part of a history is a history.
enum ModelStep: Sendable {
    case wait(minutes: Int64)
    /// Days on which this node is awake.
    case watch(days: Int64)
    case announce(Int, network: Int?)
    /// Everybody does, from one of three networks.
    case announceAll
    /// A person announces itself through all hours of the day that follows.
    case stay(Int)
    /// With one claim.
    case propose(Int, number: Int, host: Int?)
    /// The SHARE that the proposal names comes after it.
    case proposeUnshared(Int, number: Int, host: Int)
    case bringShare(of: Int)
    case upload(Int)
    case adopt(Int, of: Int, lateByHours: Int64)
    case adoptByAll(of: Int, hoursApart: Int64)
    case verify(Int, of: Int, isTrue: Bool)
    /// One letter for each person: t, f, or - for nothing.
    case verifyByAll(of: Int, findings: String)
    case assess(Int, of: Int, overall: Int64, formedBefore: Int64, lateByHours: Int64)
    case keys(KeyStep)
    case earn(Int, Int64)
    /// The most that a day allows, on some days in a row.
    case earnDaily(Int, days: Int64)
    case flag(Int)
    case ban(Int)
    /// One of the contradictions of rotations.
    case settle(Int, forRival: Bool)
    case vote([Int])
    /// One letter for each cycle of thirty days: x for a vote, - for none.
    case voteInCycles(Int, String)
}

extension ModelStep {
    static let people = 0..<12
    private static let proposals = 0..<4

    static func history(_ chance: inout HistoryGenerator) -> [ModelStep] {
        (0..<chance.number(1...20)).map { _ in
            switch chance.number(0...99) {
            case 0..<45: Self.speech(&chance)
            case 45..<75: Self.work(&chance)
            case 75..<90: .keys(.random(&chance, Self.person))
            default: Self.judgement(&chance)
            }
        }
    }

    /// Some speak more than others, so that more happens between them.
    private static func person(_ chance: inout HistoryGenerator) -> Int {
        Int.random(in: chance.one(0..<5, 0..<5, Self.people), using: &chance)
    }

    private static func speech(_ chance: inout HistoryGenerator) -> ModelStep {
        switch chance.number(0...44) {
        case 0..<10: .wait(minutes: chance.number(1...3_000))
        case 10..<12: .wait(minutes: chance.one(29, 30, 59, 60, 90))
        case 12..<14: .watch(days: chance.number(1...40))
        case 14..<27: .announce(Self.person(&chance), network: chance.one(nil, 1, 2, 3))
        case 27: .announceAll
        case 28: .stay(Self.person(&chance))
        default:
            .assess(
                Self.person(&chance),
                of: Self.person(&chance),
                overall: chance.number(0...1_000_000),
                formedBefore: chance.one(0, 0, 1, -300_000, 900_000, 900_001),
                lateByHours: chance.one(0, 0, 0, 1, 30)
            )
        }
    }

    private static func work(_ chance: inout HistoryGenerator) -> ModelStep {
        let number = Int.random(in: Self.proposals, using: &chance)
        switch chance.number(0...33) {
        case 30..<32:
            let host = Self.person(&chance)
            return .proposeUnshared(Self.person(&chance), number: number, host: host)
        case 32..<34: return .bringShare(of: number)
        case 0..<9:
            let host = Bool.random(using: &chance) ? Self.person(&chance) : nil
            return .propose(Self.person(&chance), number: number, host: host)
        case 9..<10: return .upload(Self.person(&chance))
        case 10..<20:
            return .adopt(Self.person(&chance), of: number, lateByHours: chance.one(0, 0, 30))
        case 20..<21: return .adoptByAll(of: number, hoursApart: chance.one(0, 24, 25))
        case 21..<23:
            let letters = Self.people.map { _ in chance.one("t", "t", "f", "-", "-") }
            return .verifyByAll(of: number, findings: letters.joined())
        default:
            return .verify(Self.person(&chance), of: number, isTrue: Bool.random(using: &chance))
        }
    }

    private static func judgement(_ chance: inout HistoryGenerator) -> ModelStep {
        switch chance.number(0...10) {
        case 10:
            .voteInCycles(
                Self.person(&chance),
                (0..<12).map { _ in chance.one("x", "x", "x", "-") }.joined()
            )
        case 0: .earnDaily(Self.person(&chance), days: chance.number(1...10))
        case 1...3: .earn(Self.person(&chance), chance.number(0...25_000))
        case 4...5: .flag(Self.person(&chance))
        case 6: .ban(Self.person(&chance))
        case 7: .settle(Self.person(&chance), forRival: Bool.random(using: &chance))
        default: .vote([Self.person(&chance), Self.person(&chance)])
        }
    }
}
