import Doors
import Messages
import Primitives

// Where the next page of a list begins, as a text that callers hand back and do not look into.

extension MessagePlace {
    fileprivate static let form = Schema.text(.cursor(numbers: 1))

    var cursor: String { "\(self.timestamp.milliseconds).\(self.id.hex)" }

    init?(cursor: String) {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), let id = MessageID(hex: "\(parts[1])")
        else { return nil }
        self.init(timestamp: Timestamp(milliseconds: time), id: id)
    }
}

extension ContentPlace {
    fileprivate static let form = Schema.text(.cursor(numbers: 2))

    var cursor: String { "\(self.hosts).\(self.sharedAt.milliseconds).\(self.hash.hex)" }

    init?(cursor: String) {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let hosts = Int(parts[0]), let time = Int64(parts[1]),
            let hash = ContentHash(hex: "\(parts[2])")
        else { return nil }
        self.init(hosts: hosts, sharedAt: Timestamp(milliseconds: time), hash: hash)
    }
}

extension Inbox.Place {
    fileprivate static let form = Schema.text(.cursor(numbers: 2))

    /// Which part, where in it, and an id; news have none, and their position alone tells them apart.
    var cursor: String {
        switch self {
        case .vote(let place): "0.\(place.deadline.milliseconds).\(place.id.hex)"
        case .request(let place): "1.\(place.timestamp.milliseconds).\(place.id.hex)"
        case .news(let sequence): "2.\(sequence).\(Bytes32.zero.hex)"
        }
    }

    init?(cursor: String) {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int64(parts[1]), let id = MessageID(hex: "\(parts[2])")
        else { return nil }
        let time = Timestamp(milliseconds: number)
        switch parts[0] {
        case "0": self = .vote(DeadlinePlace(deadline: time, id: id))
        case "1": self = .request(MessagePlace(timestamp: time, id: id))
        default: self = .news(UInt64(clamping: number))
        }
    }
}

extension Field {
    private static func nextCursor(
        _ form: Schema,
        _ get: @escaping @Sendable (Owner) -> String?
    ) -> Self {
        .formed(
            "next_cursor",
            "The `cursor` with which the list goes on; null at its end.",
            .nullable(form)
        ) { get($0).shown }
    }

    /// The last member of a page of messages.
    static func next(_ get: @escaping @Sendable (Owner) -> MessagePlace?) -> Self {
        .nextCursor(MessagePlace.form) { get($0)?.cursor }
    }

    /// A member of a page of the inbox.
    static func next(_ get: @escaping @Sendable (Owner) -> Inbox.Place?) -> Self {
        .nextCursor(Inbox.Place.form) { get($0)?.cursor }
    }

    /// The last member of a page of artefacts.
    static func next(_ get: @escaping @Sendable (Owner) -> ContentPlace?) -> Self {
        .nextCursor(ContentPlace.form) { get($0)?.cursor }
    }
}

extension Parameter {
    fileprivate static func cursor<Place>(
        _ form: Schema,
        _ read: @escaping @Sendable (String) -> Place?
    ) -> Self where Value == Place? {
        .optional(
            "cursor",
            "The `next_cursor` of the page before; the first page without it.",
            form
        ) { $0.string.flatMap(read) }
    }
}

extension Parameter where Value == MessagePlace? {
    /// Where a list of messages goes on.
    static var cursor: Self { .cursor(MessagePlace.form) { MessagePlace(cursor: $0) } }
}

extension Parameter where Value == Inbox.Place? {
    /// Where the inbox goes on.
    static var cursor: Self { .cursor(Inbox.Place.form) { Inbox.Place(cursor: $0) } }
}

extension Parameter where Value == ContentPlace? {
    /// Where a list of artefacts goes on.
    static var cursor: Self { .cursor(ContentPlace.form) { ContentPlace(cursor: $0) } }
}
