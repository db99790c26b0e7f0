import Importer
import Messages
import Node
import OrderedCollections
import Primitives

/// What became of a file.
struct ImportReport {
    /// Lines that are named one by one.
    ///
    /// Source: own choice: what a person reads; all others are counted.
    private static let linesMax = 20

    private var accepted = 0
    private var known = 0
    /// By cause, in the order of their first lines.
    private var refused: OrderedDictionary<Refusal.Code, Int> = [:]
    private var lines: [(number: Int, refusal: Refusal)] = []

    /// A page was judged.
    mutating func take(_ outcome: ImportOutcome, of numbers: [Int]) {
        for (number, fate) in zip(numbers, outcome.fates) {
            switch fate {
            case .accepted: self.accepted += 1
            case .known: self.known += 1
            case .refused(let refusal): self.refuse(number, refusal)
            }
        }
        self.accepted += outcome.late
    }

    /// A line was refused.
    mutating func refuse(_ number: Int, _ refusal: Refusal) {
        self.refused[refusal.code, default: 0] += 1
        if self.lines.count < Self.linesMax { self.lines.append((number, refusal)) }
    }

    /// The counts in words.
    var words: String {
        let refused = self.refused.map { "\($0.value) \($0.key.rawValue)" }
        return "\(self.accepted) accepted, \(self.known) known"
            + (refused.isEmpty ? "" : ", refused: \(refused.joined(separator: ", "))")
    }

    /// Prints it, for programs or for people.
    func print(_ common: CommonOptions) {
        if common.json {
            return Console.json(
                .object([
                    ("accepted", .integer(Int64(self.accepted))),
                    ("known", .integer(Int64(self.known))),
                    (
                        "refused",
                        .object(self.refused.map { ($0.key.rawValue, .integer(Int64($0.value))) })
                    ),
                    ("lines", .array(self.lines.map(Self.json))),
                ])
            )
        }
        for line in self.lines { Console.say("line \(line.number): \(line.refusal)") }
        Console.line(self.words)
        if self.refused[.busy] != nil {
            common.say(
                "What was refused as busy finds room later: give the same file again in a day."
            )
        }
        common.say("Next: valence-node run")
    }

    private static func json(_ line: (number: Int, refusal: Refusal)) -> JSONValue {
        .object([
            ("line", .integer(Int64(line.number))),
            ("code", .string(line.refusal.code.rawValue)),
            ("detail", .string(line.refusal.detail)),
        ])
    }

    /// Why a log could not be read or written, with what to do.
    static func failure(_ error: NodeError, verb: String, after report: ImportReport? = nil)
        -> CommandFailure
    {
        let rest = report.map { "; until then: \($0.words)" } ?? ""
        switch error {
        case .inUse(let path, let process):
            let process = process.map { "pid \($0)" } ?? "pid unknown"
            return CommandFailure(
                .failed,
                "a node runs in \(path) (\(process)) and writes its log; stop it, then \(verb) again"
            )
        case .foreignLog: return CommandFailure(.refused, "\(error)")
        default: return CommandFailure(.failed, "\(error)\(rest)")
        }
    }
}
