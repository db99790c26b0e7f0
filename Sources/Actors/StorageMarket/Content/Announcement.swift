import Identities
import Messages
import Primitives

/// What somebody says about an artefact, as far as it is shown and searched.
struct Announcement: Sendable, Equatable, Codable {
    /// The identity of the key that signed it.
    var identity: NodeID
    /// Media type.
    let contentType: String
    /// Bytes.
    let size: Int64
    /// A name for a file; nobody may use it as a path.
    let filename: String?
    /// For people.
    let description: String?
    /// As they were written.
    let tags: [String]
    /// When it was said first, by the times that were signed.
    private(set) var firstAt: Timestamp
    /// When it was said last.
    private(set) var lastAt: Timestamp
    /// When this node heard it first.
    private(set) var heardAt: Timestamp
    /// The score of who said it, when this node heard it last.
    private(set) var score: FixedPoint
    private let words: SearchWords

    /// Takes over what is shown, cut where it is too long.
    ///
    /// - Parameters:
    ///   - content: what is said.
    ///   - title: shown instead of the description.
    ///   - identity: who says it.
    ///   - admitted: the message that says it.
    init(
        _ content: ContentDescription,
        title: String? = nil,
        by identity: NodeID,
        _ admitted: AdmittedMessage
    ) {
        self.identity = identity
        self.contentType = Self.cut(content.contentType, StorageMarketLimits.contentTypeBytesMax)
        self.size = content.contentSize
        self.filename = content.filename.map { Self.cut($0, StorageMarketLimits.filenameBytesMax) }
        self.description = (title ?? content.description)
            .map { Self.cut($0, StorageMarketLimits.descriptionBytesMax) }
        self.tags = content.tags
        self.firstAt = admitted.message.timestamp
        self.lastAt = admitted.message.timestamp
        self.heardAt = admitted.receivedAt
        self.score = admitted.reputation
        self.words = SearchWords([self.filename, self.description].compactMap(\.self) + self.tags)
    }

    private static func cut(_ text: String, _ bytesMax: Int) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var bytes = 0
        let kept = text.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= bytesMax
        }
        return String(Substring(kept))
    }

    /// Bytes of memory that it takes, about.
    var bytes: Int {
        let texts = [self.contentType, self.filename ?? "", self.description ?? ""] + self.tags
        return texts.reduce(StorageMarketLimits.announcementBytes + self.words.bytes) {
            $0 + $1.utf8.count
        }
    }

    /// The same key said it again, earlier or later; whom it acts for is known best by now.
    func said(like other: Announcement) -> Announcement {
        var newest = self.lastAt < other.lastAt ? other : self
        newest.identity = other.identity
        newest.score = other.score
        newest.heardAt = min(self.heardAt, other.heardAt)
        newest.firstAt = min(self.firstAt, other.firstAt)
        newest.lastAt = max(self.lastAt, other.lastAt)
        return newest
    }

    /// Who is believed, and kept, before others: by the score, then who was heard first.
    ///
    /// What was signed decides nothing, since everybody can sign an early time.
    static func precedes(_ one: (key: NodeID, value: Self), _ other: (key: NodeID, value: Self))
        -> Bool
    {
        guard one.value.score == other.value.score else {
            return one.value.score > other.value.score
        }
        return (one.value.heardAt, one.key) < (other.value.heardAt, other.key)
    }

    /// Whether a search finds it.
    func matches(_ query: ContentQuery) -> Bool {
        self.words.contain(query.words)
            && query.tags.allSatisfy { tag in self.tags.contains { $0.lowercased() == tag } }
    }
}

/// What is looked for.
struct ContentQuery: Sendable {
    /// Words of the text.
    let words: SearchWords
    /// Tags that an artefact must have, in lower case.
    let tags: [String]
    /// Only artefacts behind this place are wanted; nil begins with the first.
    let after: ContentPlace?

    init(_ question: FindContent) {
        self.after = question.after
        self.words = SearchWords([question.text])
        self.tags = question.tags.map { $0.lowercased() }
    }
}

extension Announcement: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("identity", self.identity)
        writer.field("contentType", self.contentType)
        writer.field("size", self.size)
        writer.field("filename", self.filename)
        writer.field("description", self.description)
        writer.field("tags", self.tags)
        writer.field("firstAt", self.firstAt)
        writer.field("lastAt", self.lastAt)
        writer.field("heardAt", self.heardAt)
        writer.field("score", self.score)
        writer.field("words", self.words)
    }
}
