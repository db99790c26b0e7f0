import Primitives
import Simulation

/// Plays a story and prints it line by line.
struct StoryTeller {
    let json: Bool
    private let effort = Effort()

    init(json: Bool) { self.json = json }

    /// Names the stories.
    static func list(json: Bool) {
        for story in Story.all {
            if json {
                Console.json(
                    .object([
                        ("name", .string(story.name)),
                        ("about", .string(story.about)),
                        ("nodes", .integer(Int64(story.nodes))),
                    ])
                )
            } else {
                Console.line("\(story.name): \(story.about)")
            }
        }
    }

    func tell(_ name: String, seed: UInt64?) async throws {
        guard let story = Story.named(name) else {
            let names = Story.all.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "no story “\(name)”; there are \(names)")
        }
        do {
            self.print(try await story.run(seed: seed, tell: self.print), of: story)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    private func print(_ line: StoryLine) {
        guard self.json else {
            let real = line.kind == .step ? " (after \(self.effort.seconds) s)" : ""
            return Console.line("\(line)\(real)")
        }
        Console.json(
            .object(
                [
                    ("kind", .string(line.kind.rawValue)),
                    ("at_ms", .integer(Self.milliseconds(line.at))),
                    ("text", .string(line.text)),
                ] + (line.figures.map(Self.members) ?? [])
            )
        )
    }

    private static func members(of figures: StoryFigures) -> [(String, JSONValue)] {
        switch figures {
        case .row(let table, let cells):
            // A list, since members of an object have no order.
            let row = cells.map { JSONValue.array([.string($0.column), .string($0.text)]) }
            return [("table", .string(table)), ("row", .array(row))]
        case .line(let plot, let name, let points):
            let list = points.map { point in
                JSONValue.array([.integer(Int64(point.day)), .integer(point.millionths)])
            }
            return [("plot", .string(plot)), ("name", .string(name)), ("points", .array(list))]
        }
    }

    private func print(_ outcome: StoryOutcome, of story: Story) {
        let report = JSONValue.object([
            ("story", .string(story.name)),
            ("steps", .integer(Int64(outcome.steps))),
            ("checks", .integer(Int64(outcome.checks))),
            ("elapsed_ms", .integer(Self.milliseconds(outcome.elapsed))),
            ("events", .integer(Int64(clamping: outcome.events))),
            ("trace_hash", .string(outcome.traceHash.hex)),
            ("real_seconds", .integer(self.effort.seconds)),
            ("peak_mebibytes", self.effort.peakMebibytes.map { .integer($0) } ?? .null),
        ])
        self.json ? Console.json(report) : Console.line(report.prettyText)
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration / .milliseconds(1) >= 9e15 ? .max : Int64(duration / .milliseconds(1))
    }
}
