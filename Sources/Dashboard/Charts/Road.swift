import Primitives

/// A score between nothing and one: where it began, where it is, and where the next gate stands.
enum RoadChart {
    /// - Parameter history: the answer of `reputation`.
    /// - Returns: what the template is filled with; nil without a score.
    static func view(_ history: JSONValue) -> View? {
        guard let now = history.number("overall") else { return nil }
        let start = history.number("start", "score")
        let gate = history.given("next_gate")?.number("score")
        var stops: [View] = []
        if let start { stops.append(Self.stop("start", "began", start, y: 50)) }
        if let gate { stops.append(Self.stop("goal", "gate", gate, y: 12)) }
        stops.append(Self.stop("here", "now", now, y: 22))
        let label =
            "A line from 0 to 1. Began at \(Words.amount(start)), now at \(Words.amount(now))"
            + (gate.map { ", the next gate is at \(Words.amount($0))" } ?? "")
        return [
            "roadLabel": label, "roadStops": stops,
            "roadFrom": "\(Self.x(min(start ?? 0, now)))",
            "roadTo": "\(Self.x(max(start ?? 0, now)))",
        ]
    }

    private static func stop(_ kind: String, _ name: String, _ score: Int64, y: Int) -> View {
        let x = Self.x(score)
        return [
            "stopKind": kind, "stopName": name, "stopScore": Words.amount(score),
            "stopX": "\(x)", "stopY": "\(y)",
            // A text at the end of the line stays within the picture.
            "stopTextX": "\(min(max(x, 40), 280))",
        ]
    }

    private static func x(_ score: Int64) -> Int64 {
        10 + min(max(score, 0), 1_000_000) * 300 / 1_000_000
    }
}

/// How a score moved from one change to the next.
enum LineChart {
    /// - Parameters:
    ///   - scores: the score after each change, the oldest first.
    ///   - start: the score before.
    /// - Returns: what the template is filled with; nil where nothing moved.
    static func view(_ scores: [Int64], from start: Int64?) -> View? {
        let all = ((start.map { [$0] } ?? []) + scores).suffix(DashboardLimits.pointsMax)
        guard all.count > 1, let low = all.min(), let high = all.max() else { return nil }
        let span = max(high - low, 1)
        let step = 300 / Double(all.count - 1)
        let points = all.enumerated().map { place, score in
            let y = 76 - Int64(Double(score - low) / Double(span) * 60)
            return "\(10 + Int64(Double(place) * step)),\(y)"
        }
        return [
            "points": points.joined(separator: " "), "lineLow": Words.amount(low),
            "lineHigh": Words.amount(high),
            "lineLabel":
                "The score after each of the last \(all.count - 1) changes, between "
                + "\(Words.amount(low)) and \(Words.amount(high))",
        ]
    }
}
