import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("When to look at which artefact")
struct AgendaTests {
    @Test(
        "it tells the same as a list that is read whole every time",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func equal(seed: UInt64) {
        var chance = HistoryGenerator(seed: seed)
        var agenda = Agenda()
        var plain: [ContentHash: Timestamp] = [:]
        var now: Int64 = 0
        for _ in 0..<3_000 {
            let content = Trade.content(chance.number(0...40))
            switch chance.number(0...9) {
            case 0:
                now += chance.number(0...20)
                let time = Timestamp(milliseconds: now)
                let due = plain.filter { $0.value <= time }.keys.sorted()
                #expect(agenda.due(at: time) == due)
                let later = plain.values.filter { $0 > time }.min()
                #expect(agenda.first(after: time) == later)
            case 1:
                agenda[content] = nil
                plain[content] = nil
            default:
                let time = Timestamp(milliseconds: now + chance.number(-3...100))
                agenda[content] = time
                plain[content] = time
            }
            #expect(agenda.first == plain.values.min())
            #expect(agenda[content] == plain[content])
        }
    }
}
