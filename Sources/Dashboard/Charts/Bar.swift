import Primitives

/// How much there is of something, and how much it takes.
enum BarChart {
    /// The width of the picture, in its own units.
    private static let width: Int64 = 1_000

    /// - Parameters:
    ///   - name: what it is.
    ///   - sentence: both figures in words.
    ///   - reached: what there is; nil for nothing.
    ///   - needed: what it takes.
    ///   - isPassed: whether that is enough; nil where nothing depends on it.
    /// - Returns: what the template `bar` is filled with.
    static func view(
        _ name: String,
        _ sentence: String,
        reached: Int64?,
        needed: Int64,
        isPassed: Bool? = nil
    ) -> View {
        // The goal is seen as a line within the picture, unless there is far more than it takes.
        let whole = max(needed.magnitude, (reached ?? 0).magnitude, 1)
        let room = whole + whole / 5
        var view: View = [
            "barName": name, "barSentence": VisibleText.line(sentence, bytesMax: 400),
            "barLevel": isPassed == true ? "good" : "open",
            "barWidth": "\(Self.part(reached ?? 0, of: room))",
            "barGoal": "\(Self.part(needed, of: room))",
        ]
        view["barVerdict"] = isPassed.map { $0 ? "met" : "not met" }
        return view
    }

    /// How much of a whole is there.
    static func share(_ name: String, _ sentence: String, _ part: Int64, of whole: Int64) -> View {
        [
            "barName": name, "barSentence": VisibleText.line(sentence, bytesMax: 400),
            "barLevel": "open",
            "barWidth": "\(Self.part(part, of: max(whole, 1).magnitude))",
        ]
    }

    /// A bar of what an answer of `proposal_why` calls one.
    static func view(_ bar: JSONValue) -> View {
        Self.view(
            Words.plain(bar.text("name")).capitalisedAscii,
            bar.text("sentence") ?? "",
            reached: bar.number("reached"),
            needed: bar.number("needed") ?? 0,
            isPassed: bar["passed"]?.bool ?? false
        )
    }

    private static func part(_ value: Int64, of whole: UInt64) -> Int64 {
        guard value > 0 else { return 0 }
        return min(Self.width, Int64(Double(value) / Double(whole) * Double(Self.width)))
    }
}

extension String {
    /// The text with its first letter a capital, if that is of ASCII.
    var capitalisedAscii: String {
        guard let first = self.unicodeScalars.first, first.isASCII else { return self }
        return String(first).uppercased() + String(self.dropFirst())
    }
}
