import TestSupport
import Testing

@Suite("§9 The ledger against the rules written a second time")
struct ModelTests {
    @Test("score, ledger, tenure, network and past scores agree over random histories")
    func agree() async {
        let differences = await ModelRunner.differences(ModelStep.history, ModelDuel.run)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("a history that shows a difference is cut down to the steps that are needed for it")
    func shrinking() {
        let steps = Array(0..<40)
        let smallest = ModelRunner.shrunk(steps) { $0.contains(7) && $0.contains(31) }
        #expect(smallest == [7, 31])
    }
}
