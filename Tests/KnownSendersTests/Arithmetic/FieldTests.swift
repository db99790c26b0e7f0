import Testing

@testable import KnownSenders

@Suite("ADR 0078: arithmetic modulo p")
struct FieldTests {
    @Test("every operation is right at every edge of its words")
    func operations() {
        #expect(FieldCheck.faults(of: FieldOperations()) == [])
    }

    @Test("the operations written out once more are right as well while no bug is planted")
    func withoutBug() {
        #expect(FieldCheck.faults(of: PlantedField(bug: nil).operations) == [])
    }

    @Test("a lost carry is found at each of all places", arguments: PlantedField.places)
    func planted(operation: String, place: Int) {
        #expect(FieldCheck.hasFault(operation, PlantedField(bug: place).operations))
    }

    @Test("constants are those of RFC 8032")
    func constants() {
        let d = BigNumber(CurveConstants.d.canonical)
        #expect((d * BigNumber(121_666) + BigNumber(121_665)) % .p == .zero)
        #expect(BigNumber(CurveConstants.twiceD.canonical) == (d + d) % .p)
        let root = BigNumber(CurveConstants.rootOfMinusOne.canonical)
        #expect((root * root + .one) % .p == .zero)
    }

    @Test("an inverse that came out wrong is replaced by the power")
    func inverse() {
        for words in Edges.all {
            let element = FieldElement(words)
            let inverse = Inversion.inverse(of: element)
            #expect(inverse.canonical == element.fermatInverse.canonical)
        }
    }

    @Test("numbers of any size agree with what is known of them")
    func oracle() {
        let words = Edges.few
        for (x, y) in zip(words, words.dropFirst()) {
            let (m, n) = (BigNumber(x), BigNumber(y))
            #expect((m + n) - n == m && (m + n) * (m + n) == m * m + m * n + n * m + n * n)
            let (number, divisor) = (m * n + BigNumber(5), m + .one)
            let whole = divisor * Self.quotient(number, divisor)
            #expect(number % divisor == number - whole)
            #expect(m.words == x)
            let (quotient, rest) = m.divided(by: 38)
            #expect(quotient * BigNumber(38) + BigNumber(rest) == m && rest < 38)
        }
    }

    /// A quotient by doubling the divisor, which has nothing in common with the remainder's way.
    private static func quotient(_ number: BigNumber, _ divisor: BigNumber) -> BigNumber {
        var steps = [(divisor, BigNumber.one)]
        while let last = steps.last, last.0 < number {
            steps.append((last.0 + last.0, last.1 + last.1))
        }
        var (rest, quotient) = (number, BigNumber.zero)
        for (multiple, count) in steps.reversed() where multiple <= rest {
            rest = rest - multiple
            quotient = quotient + count
        }
        return quotient
    }
}
