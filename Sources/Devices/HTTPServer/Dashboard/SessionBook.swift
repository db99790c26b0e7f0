import Kernel
import Primitives

/// Who may read the dashboard: links that were not opened yet, and sessions that were (ADR 0077).
///
/// Both are 256 bits of chance, of which only hashes are kept, and only in memory. Time is that of the machine's boot clock.
struct SessionBook {
    /// Something that lets in, until it ends.
    struct Entry: Equatable {
        private let hash: Bytes32
        /// The token that asked for it; nil for the owner's.
        let token: Bytes32?
        private let ends: Moment

        fileprivate init(_ secret: String, token: Bytes32?, ends: Moment) {
            self.hash = SessionBook.hash(secret)
            self.token = token
            self.ends = ends
        }

        fileprivate func holds(at now: Moment) -> Bool { now < self.ends }

        /// Compares all bytes, however early they differ.
        fileprivate func isNamed(by hash: Bytes32) -> Bool {
            zip(self.hash.array, hash.array).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
        }
    }

    private var links: [Entry] = []
    private var sessions: [Entry] = []

    /// Makes a link.
    ///
    /// - Parameters:
    ///   - secret: 32 bytes of chance.
    ///   - token: the token that asks for it; nil for the owner's.
    ///   - now: the time.
    /// - Returns: what its holder shows.
    mutating func link(_ secret: [UInt8], token: Bytes32?, now: Moment) -> String {
        let text = Hex.encode(secret)
        self.links.removeAll { !$0.holds(at: now) }
        let link = Entry(text, token: token, ends: now.advanced(by: SessionLimits.linkTime))
        Self.add(
            link,
            to: &self.links,
            perToken: SessionLimits.linksPerTokenMax,
            max: SessionLimits.linksMax
        )
        return text
    }

    /// Opens a link, which does not open again.
    ///
    /// - Parameters:
    ///   - link: what its holder shows.
    ///   - secret: 32 bytes of chance.
    ///   - now: the time.
    /// - Returns: what the holder of the session shows from now on; nil when the link is none, or none any more.
    mutating func open(_ link: String, _ secret: [UInt8], now: Moment) -> String? {
        let hash = Self.hash(link)
        var opened: Entry?
        self.links.removeAll { entry in
            guard entry.isNamed(by: hash) else { return false }
            opened = entry
            return true
        }
        guard let opened, opened.holds(at: now) else { return nil }
        let text = Hex.encode(secret)
        self.sessions.removeAll { !$0.holds(at: now) }
        let session = Entry(
            text,
            token: opened.token,
            ends: now.advanced(by: SessionLimits.sessionTime)
        )
        Self.add(
            session,
            to: &self.sessions,
            perToken: SessionLimits.sessionsPerTokenMax,
            max: SessionLimits.sessionsMax
        )
        return text
    }

    /// Adds an entry; where there are too many, the oldest of the same token gives way, and where there are too many
    /// of all, the oldest of the token that has the most, so that no token takes the place of one with fewer.
    private static func add(
        _ entry: Entry,
        to entries: inout [Entry],
        perToken: Int,
        max: Int
    ) {
        entries.append(entry)
        func remove(oldestOf token: Bytes32?) {
            if let index = entries.firstIndex(where: { $0.token == token }) {
                entries.remove(at: index)
            }
        }
        if entries.count(where: { $0.token == entry.token }) > perToken {
            remove(oldestOf: entry.token)
        }
        guard entries.count > max else { return }
        let counts = Dictionary(grouping: entries, by: \.token).mapValues(\.count)
        let most = counts.values.max() ?? 0
        if let first = entries.first(where: { counts[$0.token] == most }) {
            remove(oldestOf: first.token)
        }
    }

    /// The session that somebody shows; nil when it is none, or none any more.
    func session(_ text: String, now: Moment) -> Entry? {
        let hash = Self.hash(text)
        var found: Entry?
        for entry in self.sessions where entry.isNamed(by: hash) { found = entry }
        return found.flatMap { $0.holds(at: now) ? $0 : nil }
    }

    fileprivate static func hash(_ text: String) -> Bytes32 { SHA256Digest.hash(Array(text.utf8)) }
}

/// Bounds of sessions of the dashboard.
enum SessionLimits {
    /// How long a link may be opened.
    ///
    /// Source: own choice (ADR 0077): as long as one needs to follow it.
    static let linkTime = Duration.seconds(60)

    /// How long a session lasts.
    ///
    /// Source: own choice (ADR 0077): a day of work.
    static let sessionTime = Duration.seconds(43_200)

    /// Most links of one token that are not opened yet; then its oldest gives way.
    ///
    /// Source: own choice: one for each of a few operators.
    static let linksPerTokenMax = 16

    /// Most links that are not opened yet; then the oldest of the token with the most gives way.
    ///
    /// Source: own choice: of four tokens that have all they may.
    static let linksMax = 64

    /// Most sessions of one token at once; then its oldest gives way.
    ///
    /// Source: own choice: the browsers of a few operators.
    static let sessionsPerTokenMax = 64

    /// Most sessions at once; then the oldest of the token with the most gives way.
    ///
    /// Source: own choice: of four tokens that have all they may.
    static let sessionsMax = 256

    /// Cookies of a request that are looked at.
    ///
    /// Source: own choice: as many nodes as one looks at in a browser by the same host name.
    static let cookiesMax = 16
}
