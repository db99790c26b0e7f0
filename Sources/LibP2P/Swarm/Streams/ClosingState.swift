/// Whether, and why, a connection comes to its end.
struct ClosingState {
    private var given: String?
    /// Why, in words.
    var reason: String { self.given ?? "the peer closed the connection" }
    /// Whether this side has said that it is to end.
    var isClosing: Bool { self.given != nil }
    /// Whether the other side turned out to have this host's own key.
    private(set) var isOwnKey = false
    /// Another connection takes this one's place, or the peer wants no more streams on it.
    private(set) var isRetiring = false
    /// The streams were given up; nothing new may begin.
    private(set) var hasEnded = false

    /// Whether streams may still be opened.
    var isOver: Bool { self.isRetiring || self.hasEnded }

    mutating func metOwnKey() { self.isOwnKey = true }

    mutating func retire() { self.isRetiring = true }

    mutating func close(_ reason: String) { self.given = reason }

    mutating func end() { self.hasEnded = true }
}
