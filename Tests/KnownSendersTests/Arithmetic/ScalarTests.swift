import Testing

@testable import KnownSenders

@Suite("ADR 0078: arithmetic modulo the order")
struct ScalarTests {
    @Test("every operation is right at every edge of its words")
    func operations() {
        #expect(ScalarCheck.faults(of: ScalarOperations()) == [])
    }

    @Test("the operations written out once more are right as well while no bug is planted")
    func withoutBug() {
        #expect(ScalarCheck.faults(of: PlantedScalar(bug: nil).operations) == [])
    }

    @Test("a planted bug is found at each of all places", arguments: PlantedScalar.places)
    func planted(operation: String, place: Int) {
        #expect(ScalarCheck.hasFault(operation, PlantedScalar(bug: place).operations))
    }

    @Test("the order is that of RFC 8032")
    func order() {
        #expect(BigNumber(Scalar.order) == .order)
    }
}
