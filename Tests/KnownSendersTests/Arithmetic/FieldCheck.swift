@testable import KnownSenders

/// The operations of the field, so that the same check can be made of those that have a planted bug.
struct FieldOperations: Sendable {
    typealias Binary = @Sendable (FieldElement, FieldElement) -> FieldElement
    typealias Unary = @Sendable (FieldElement) -> FieldElement

    var add: Binary = { $0 + $1 }
    var subtract: Binary = { $0 - $1 }
    var multiply: Binary = { $0 * $1 }
    var square: Unary = { $0.squared }
    var fold: @Sendable (Words, Words) -> FieldElement = { FieldElement.folded($0, $1) }
    var canonical: @Sendable (FieldElement) -> Words = { $0.canonical }
    var invert: Unary = { Inversion.candidate(for: $0) }
    var fermatInverse: Unary = { $0.fermatInverse }
    var rootPower: Unary = { $0.rootPower }
    var replace: @Sendable (FieldElement, FieldElement, UInt64) -> FieldElement = {
        $0.replaced(by: $1, where: $2)
    }
}

/// Compares all operations with numbers of any size.
enum FieldCheck {
    /// The operations that give a wrong result somewhere, by name.
    static func faults(of operations: FieldOperations) -> [String] {
        Self.checks.filter { $0.isWrong(operations) }.map(\.name)
    }

    /// Whether one of them does; the search ends at the first.
    static func hasFault(_ name: String, _ operations: FieldOperations) -> Bool {
        Self.checks.contains { $0.name == name && $0.isWrong(operations) }
    }

    private struct Check {
        let name: String
        let isWrong: (FieldOperations) -> Bool
    }

    private static var checks: [Check] {
        Self.pairChecks + Self.singleChecks + [
            Check(name: "fold") { operations in
                Edges.folds.contains { lower, upper in
                    !Self.isSame(operations.fold(lower, upper), BigNumber(lower, upper))
                }
            }
        ]
    }

    private static var pairChecks: [Check] {
        [
            Self.pairs("add") {
                Self.isSame($0.add($1.element, $2.element), $1.number + $2.number)
            },
            Self.pairs("subtract") { operations, x, y in
                // Four times p is more than any number of four words.
                let expected = x.number + .p * BigNumber(4) - y.number
                return Self.isSame(operations.subtract(x.element, y.element), expected)
            },
            Self.pairs("multiply") { operations, x, y in
                Self.isSame(operations.multiply(x.element, y.element), x.number * y.number)
            },
            Self.pairs("replace") { operations, x, y in
                operations.replace(x.element, y.element, 0).words == x.element.words
                    && operations.replace(x.element, y.element, .max).words == y.element.words
            },
        ]
    }

    private static var singleChecks: [Check] {
        [
            Self.singles("canonical") { operations, x in
                BigNumber(operations.canonical(x.element)) == x.number % .p
            },
            Self.singles("square") { operations, x in
                Self.isSame(operations.square(x.element), x.number * x.number)
            },
            // An inverse is right when the product is one, and zero when there is none.
            Self.singles("invert") { Self.isInverse($0.invert($1.element), of: $1.number) },
            Self.singles("fermatInverse") {
                Self.isInverse($0.fermatInverse($1.element), of: $1.number)
            },
            Check(name: "rootPower") { operations in
                let exponent = BigNumber(powerOfTwo: 252) - BigNumber(3)
                return Edges.few.prefix(16).contains { words in
                    let expected = BigNumber(words).power(exponent, modulo: .p)
                    return !Self.isSame(operations.rootPower(FieldElement(words)), expected)
                }
            },
        ]
    }

    /// A number in both forms.
    private struct Operand {
        let element: FieldElement
        let number: BigNumber

        init(_ words: Words) {
            self.element = FieldElement(words)
            self.number = BigNumber(words)
        }
    }

    private static func pairs(
        _ name: String,
        _ isRight: @escaping (FieldOperations, Operand, Operand) -> Bool
    ) -> Check {
        Check(name: name) { operations in
            Edges.pairs.contains { !isRight(operations, Operand($0), Operand($1)) }
        }
    }

    private static func singles(
        _ name: String,
        _ isRight: @escaping (FieldOperations, Operand) -> Bool
    ) -> Check {
        Check(name: name) { operations in
            Edges.all.contains { !isRight(operations, Operand($0)) }
        }
    }

    private static func isInverse(_ inverse: FieldElement, of number: BigNumber) -> Bool {
        let found = BigNumber(inverse.words)
        guard !(number % .p).isZero else { return (found % .p).isZero }
        return (found * number) % .p == .one
    }

    private static func isSame(_ element: FieldElement, _ number: BigNumber) -> Bool {
        BigNumber(element.words) % .p == number % .p
    }
}
