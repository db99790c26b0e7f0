/// Which known word somebody may have meant.
enum Resemblance {
    /// The word that the fewest edits lead to; nil when it takes more than a third of the letters.
    static func nearest(to word: String, of known: [String]) -> String? {
        let asked = word.lowercased().replacing("_", with: "-")
        let ranked = known.map { ($0, Self.distance(asked, $0)) }.min { $0.1 < $1.1 }
        guard let (name, edits) = ranked, edits * 3 <= max(name.utf8.count, 3) else { return nil }
        return name
    }

    /// Letters to insert, remove or change (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
