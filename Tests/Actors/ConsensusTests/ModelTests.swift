import TestSupport
import Testing

@Suite("§8 Governance against the rules written a second time")
struct ModelTests {
    @Test("votes, weights, quorum, thresholds, decisions and phases agree over random histories")
    func agree() async {
        let differences = await ModelRunner.differences(ModelStep.history, ModelDuel.run)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
}
