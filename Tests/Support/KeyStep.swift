/// One thing that happens to keys in a history; people are named by numbers.
package enum KeyStep: Sendable {
    case link(Int, Int)
    case rotate(Int, Int)
    /// To one key and to another one at once.
    case contest(Int, Int, Int)
    /// By its root, or by somebody else.
    case revoke(Int, by: Int?, backdatedByHours: Int64)
    /// One of the revoked keys.
    case startOver(Int)
    /// A key is linked, revoked and starts over.
    case part(Int, Int)

    /// Draws a step among people.
    package static func random(
        _ chance: inout HistoryGenerator,
        _ person: (inout HistoryGenerator) -> Int
    ) -> KeyStep {
        switch chance.number(0...14) {
        case 0..<5: .link(person(&chance), person(&chance))
        case 5..<7: .rotate(person(&chance), person(&chance))
        case 7..<9: .contest(person(&chance), person(&chance), person(&chance))
        case 9..<12:
            .revoke(
                person(&chance),
                by: chance.one(nil, nil, person(&chance)),
                backdatedByHours: chance.one(0, 1, 100, 1_000)
            )
        case 12: .startOver(person(&chance))
        default: .part(person(&chance), person(&chance))
        }
    }
}
