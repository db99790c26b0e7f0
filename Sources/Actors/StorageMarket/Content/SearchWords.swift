import Identities

/// The words of some texts as they are searched: in lower case, without what stands between them.
struct SearchWords: Sendable, Equatable, Codable {
    private let text: String

    /// Takes the words out of texts.
    init(_ texts: [String]) {
        let words = texts.flatMap { text in
            text.lowercased().split { !$0.isLetter && !$0.isNumber }
        }
        self.text = words.joined(separator: " ")
    }

    /// Bytes that they take.
    var bytes: Int { self.text.utf8.count }

    /// Whether each of the words that are looked for is one of these, or the beginning of one.
    func contain(_ query: SearchWords) -> Bool {
        let space = UInt8(ascii: " ")
        let words = self.text.utf8.split(separator: space)
        return query.text.utf8.split(separator: space).allSatisfy { wanted in
            words.contains { $0.starts(with: wanted) }
        }
    }
}

extension SearchWords: Digestible {
    func digest(into writer: inout some StateWriter) { writer.field("text", self.text) }
}
