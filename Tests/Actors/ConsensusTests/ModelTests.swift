import Testing

@Suite("§8 Governance against the rules written a second time")
struct ModelTests {
    @Test("votes, weights, quorum, thresholds, decisions and phases agree over random histories")
    func agree() async {
        await ModelRunner.compare(ModelStep.history) {
            do {
                let cast = try ModelCast()
                return { ModelDuel.run($0, cast) }
            } catch {
                return { _ in Difference(description: "\(error)") }
            }
        }
    }
}
