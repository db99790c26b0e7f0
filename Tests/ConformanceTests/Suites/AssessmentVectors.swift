import Messages
import Primitives

@testable import Reputation

/// What others say: which words stand, and whose.
enum AssessmentVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("incoming") {
            try self.order(vector)
        } else if input.has("assessor_identity") {
            try self.ownIdentity(vector)
        } else if input.has("assessors") {
            try self.severalKeys(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static let subject = "the subject"
    private static let older = FixedPoint(millionths: 300_000)
    private static let newer = FixedPoint(millionths: 400_000)

    private static func order(_ vector: VectorCase) throws {
        var line = try LedgerLine()
        let held = vector.input.optional("held")?.integer
        if let held {
            try line.assess(self.subject, self.older, by: "an assessor", at: held)
        }
        var assessor = "an assessor"
        if try vector.input.bool("assessor_rotated") {
            try line.rotate(assessor, "its new key")
            assessor = "its new key"
        }
        let incoming = try vector.input.integer("incoming")
        let later = max(held ?? 0, incoming) + 1
        try line.assess(self.subject, self.newer, by: assessor, at: incoming, saidAt: later)
        let isAccepted = try self.words(line).contains { $0.overall == self.newer }
        try Check.same("accept", isAccepted, try vector.expect.bool("accept"))
        try Check.same("voices", try self.words(line).count, 1)
    }

    private struct Word: Equatable {
        let assessor: NodeID
        let overall: FixedPoint
    }

    private static func words(_ line: LedgerLine, on subject: String = subject) throws -> [Word] {
        let voices = line.books.witnesses.assessments.voices(on: try LedgerLine.node(subject))
        return voices.map { Word(assessor: $0.assessor, overall: $0.held.overall) }
    }

    private static func ownIdentity(_ vector: VectorCase) throws {
        let subject = try vector.input.text("subject_identity")
        let assessor = try vector.input.text("assessor_identity")
        var line = try LedgerLine()
        try line.link(assessor, "another key")
        let overall = try vector.input.fraction("overall")
        try line.assess(subject, overall, by: "another key", at: 0)
        let isUsed = try !self.words(line, on: subject).isEmpty
        try Check.same("used", isUsed, try vector.expect.bool("used"))
    }

    private static func severalKeys(_ vector: VectorCase) throws {
        var line = try LedgerLine()
        for (number, word) in try vector.input.list("assessors").enumerated() {
            let fields = try Fields(word, path: "assessors.\(number)")
            let key = try fields.text("key")
            try line.link(try fields.text("identity"), key)
            try line.assess(
                self.subject,
                try fields.fraction("overall"),
                by: key,
                at: try fields.integer("at")
            )
        }
        let expected = try vector.expect.list("used").enumerated().map { number, word in
            let fields = try Fields(word, path: "used.\(number)")
            return Word(
                assessor: try LedgerLine.node(try fields.text("identity")),
                overall: try fields.fraction("overall")
            )
        }
        try Check.same("used", try self.words(line), expected)
    }
}
