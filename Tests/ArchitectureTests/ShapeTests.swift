import Foundation
import Testing

/// What an actor may be made of (`docs/architecture.md`, Conventions).
@Suite("Shapes")
struct ShapeTests {
    @Test("What a question was for is kept by the kernel, in no table of an actor")
    func noTablesOfQuestions() {
        for file in SourceTree.files(below: "Sources/Actors") {
            for (number, line) in file.lines.enumerated() where line.contains("EnvelopeID") {
                Issue.record("\(file.path):\(number + 1) keeps the name of an envelope")
            }
        }
    }
}
