import TestSupport

/// Messages that somebody writes at once.
struct ExchangeBatch: Sendable {
    let count: Int
    let phase: Int
    /// How long ago the newest of them is stamped, in milliseconds; less than 0 is in the future.
    let age: Int64
    /// How far the oldest is from the newest.
    var spread: Int64 = 0
    /// The node that never admits them.
    var refusedBy: Int?
}

/// Something that happens among nodes that exchange what they hold.
enum ExchangeStep: Sendable {
    /// A node writes messages, and gossip carries them to these others.
    case write(by: Int, to: [Int], ExchangeBatch)
    case wait(seconds: Int64)
    case cut(Int, Int)
    /// These nodes lose all others.
    case part([Int])
    case heal
    /// The next requests between two nodes, or the answers to them, get lost.
    case lose(Int, Int, exchanges: Int)
    case restart(Int)
    /// A node has no room for what others serve, or has it again.
    case fill(Int, Bool)
    /// Judges of a node miss what another one holds, and only some of it exists.
    case refer(Int, holder: Int)
    case lookBack(Int, phase: Int, minutes: Int64)
}

extension ExchangeStep {
    static func history(_ chance: inout HistoryGenerator) -> [ExchangeStep] {
        (0..<Int.random(in: 3...14, using: &chance)).map { _ in self.step(&chance) }
    }

    private static func step(_ chance: inout HistoryGenerator) -> ExchangeStep {
        let node = Self.node(&chance)
        switch Int.random(in: 0..<24, using: &chance) {
        case 0..<8: return .write(by: node, to: Self.nodes(&chance), Self.batch(&chance))
        case 8..<12: return .wait(seconds: chance.one(5, 5, 40, 40, 90, 90, 400, 400, 1_000, 4_000))
        case 12, 13: return .cut(node, Self.node(&chance))
        case 14, 15: return .part(Self.nodes(&chance))
        case 16, 17: return .heal
        case 18, 19:
            return .lose(node, Self.node(&chance), exchanges: chance.number(1...6))
        case 20, 21: return .restart(node)
        case 22: return .fill(node, .random(using: &chance))
        default:
            guard Bool.random(using: &chance) else {
                return .refer(node, holder: Self.node(&chance))
            }
            return .lookBack(node, phase: chance.number(1...5), minutes: chance.one(40, 600, 9_000))
        }
    }

    private static func node(_ chance: inout HistoryGenerator) -> Int {
        Int.random(in: 0..<ExchangeTown.size, using: &chance)
    }

    private static func nodes(_ chance: inout HistoryGenerator) -> [Int] {
        let count = Int.random(in: 0..<ExchangeTown.size, using: &chance)
        return Array((0..<ExchangeTown.size).shuffled(using: &chance).prefix(count))
    }

    private static let sizes = [1, 1, 1, 1, 1, 2, 3, 5, 99, 101, 240]
    /// More than one stretch of a comparison holds.
    private static let large = 620
    private static let ages: [Int64] = [
        -120_000, 0, 0, 20_000, 61_000, 400_000, 2_000_000, 4_000_000, 90_000_000, 3_000_000_000,
        30_000_000_000,
    ]
    private static let spreads: [Int64] = [0, 0, 900, 70_000, 5_000_000, 90_000_000]

    /// Mostly single messages, and seldom several pages.
    private static func batch(_ chance: inout HistoryGenerator) -> ExchangeBatch {
        let isLarge = Int.random(in: 0..<30, using: &chance) == 0
        let phase = chance.number(1...5)
        // What the trees are made of is valid for all nodes or for none (D-34).
        let isRefused = ![1, 3].contains(phase) && Int.random(in: 0..<6, using: &chance) == 0
        return ExchangeBatch(
            count: isLarge ? Self.large : Self.sizes.randomElement(using: &chance) ?? 1,
            phase: phase,
            age: Self.ages.randomElement(using: &chance) ?? 0,
            spread: Self.spreads.randomElement(using: &chance) ?? 0,
            refusedBy: isRefused ? Self.node(&chance) : nil
        )
    }
}
