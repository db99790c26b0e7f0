import Identities
import Messages
import Primitives

/// Who offers which artefact under which description (R-06-142).
///
/// It knows what came by gossip and sync, and is searched on this node alone.
struct ContentIndex: Sendable, Codable {
    /// How long days are.
    private let calendar: MarketCalendar

    init(_ calendar: MarketCalendar = .standard) { self.calendar = calendar }

    /// Where an artefact was named.
    enum Kind: Sendable, CaseIterable {
        /// In a SHARE: whoever signed it has the bytes.
        case hosted
        /// In a REPLICATE_REQUEST.
        case replicated
        /// In a proposal.
        case proposed
    }

    /// All that is said about one artefact, by the key that said it.
    fileprivate struct Entry: Sendable, Codable {
        var hosts: [NodeID: Announcement] = [:]
        var requests: [NodeID: Announcement] = [:]
        var proposals: [NodeID: Announcement] = [:]

        subscript(kind: Kind) -> [NodeID: Announcement] {
            get {
                switch kind {
                case .hosted: self.hosts
                case .replicated: self.requests
                case .proposed: self.proposals
                }
            }
            set {
                switch kind {
                case .hosted: self.hosts = newValue
                case .replicated: self.requests = newValue
                case .proposed: self.proposals = newValue
                }
            }
        }

        /// In an order that does not depend on how the keys are hashed.
        var all: [Announcement] {
            Kind.allCases.flatMap { self[$0].sorted { $0.key < $1.key }.map(\.value) }
        }

        /// Whether an identity says anything of it.
        func isNamed(by identity: NodeID) -> Bool {
            Kind.allCases.contains { self[$0].values.contains { $0.identity == identity } }
        }

        /// When an identity named it last; nil when it does not.
        func lastWord(of identity: NodeID) -> Timestamp? {
            Kind.allCases.flatMap { self[$0].values.filter { $0.identity == identity } }
                .map(\.lastAt).max()
        }
    }

    private var entries: [ContentHash: Entry] = [:]
    /// The artefacts that each identity speaks of.
    private var shelves: [NodeID: Set<ContentHash>] = [:]
    /// Bytes of memory that all announcements take, about.
    private var bytes = 0

    /// Artefacts known.
    var count: Int { self.entries.count }

    // MARK: The fold

    /// Takes in what a message says of artefacts; other messages are ignored.
    ///
    /// - Parameters:
    ///   - admitted: the message.
    ///   - identity: whom its key acts for, as far as is known now.
    mutating func add(_ admitted: AdmittedMessage, of identity: NodeID) {
        let message = admitted.message
        func add(_ content: ContentDescription, title: String? = nil, _ kind: Kind) {
            let said = Announcement(content, title: title, by: identity, admitted)
            self.add(said, on: content.contentHash, kind, by: message.from)
        }
        switch message.payload {
        case .share(let share): for content in share.entries { add(content, .hosted) }
        case .replicateRequest(let request): add(request.content, .replicated)
        case .propose(let proposal): add(proposal.content, title: proposal.title, .proposed)
        default: break
        }
    }

    private mutating func add(
        _ announcement: Announcement,
        on hash: ContentHash,
        _ kind: Kind,
        by key: NodeID
    ) {
        let known = self.entries[hash]?[kind][key]
        guard known != nil || self.makePlace(for: announcement, on: hash, kind) else { return }
        let newest = known?.said(like: announcement) ?? announcement
        self.bytes += newest.bytes - (known?.bytes ?? 0)
        self.entries[hash, default: Entry()][kind][key] = newest
        // What the key said before may stand on the shelf of another identity.
        if let known { self.shelve(hash, known.identity) }
        self.shelve(hash, newest.identity)
        self.limit(newest.identity)
    }

    /// Makes place for one more who names an artefact.
    ///
    /// Of an identity with many keys the one that was silent for longest gives way to another one. When all
    /// places are taken, those whose time is over give way first, then whoever has the lowest score, if
    /// that is lower than the new one's; of several the one that came last.
    private mutating func makePlace(
        for announcement: Announcement,
        on hash: ContentHash,
        _ kind: Kind
    ) -> Bool {
        let said = self.entries[hash]?[kind] ?? [:]
        let own = said.filter { $0.value.identity == announcement.identity }
        if own.count >= StorageMarketLimits.hostsPerIdentityMax {
            return self.drop(Self.longestSilent(own), on: hash, kind)
        }
        guard said.count >= StorageMarketLimits.hostsPerArtefactMax else { return true }
        let oldest = Self.longestSilent(said)
        if let oldest, !self.isLive(oldest.value, now: announcement.lastAt) {
            return self.drop(oldest, on: hash, kind)
        }
        let least = said.max(by: Announcement.precedes)
        guard let least, least.value.score < announcement.score else { return false }
        return self.drop(least, on: hash, kind)
    }

    private static func longestSilent(_ said: [NodeID: Announcement])
        -> (key: NodeID, value: Announcement)?
    {
        said.min { ($0.value.lastAt, $0.key) < ($1.value.lastAt, $1.key) }
    }

    private mutating func drop(
        _ leaving: (key: NodeID, value: Announcement)?,
        on hash: ContentHash,
        _ kind: Kind
    ) -> Bool {
        guard let leaving else { return false }
        self.bytes -= leaving.value.bytes
        self.entries[hash]?[kind][leaving.key] = nil
        self.shelve(hash, leaving.value.identity)
        return true
    }

    /// An artefact stands on the shelf of an identity exactly when that one speaks of it.
    private mutating func shelve(_ hash: ContentHash, _ identity: NodeID) {
        guard self.entries[hash]?.isNamed(by: identity) == true else {
            return self.unshelve(hash, identity)
        }
        self.shelves[identity, default: []].insert(hash)
    }

    private mutating func unshelve(_ hash: ContentHash, _ identity: NodeID) {
        self.shelves[identity]?.remove(hash)
        if self.shelves[identity]?.isEmpty == true { self.shelves[identity] = nil }
    }

    /// Whoever speaks of too much loses what it named longest ago.
    ///
    /// When all together do, whoever speaks of most does. So nobody pushes out others by saying a lot.
    private mutating func limit(_ identity: NodeID) {
        while (self.shelves[identity]?.count ?? 0) > StorageMarketLimits.indexedPerIdentityMax {
            self.dropOldest(of: identity)
        }
        while self.bytes > StorageMarketLimits.indexBytesMax,
            let largest = self.shelves.max(by: {
                ($0.value.count, $1.key) < ($1.value.count, $0.key)
            })
        {
            self.dropOldest(of: largest.key)
        }
    }

    /// Each time the shelf gets shorter, whatever is found of the artefact: so those who limit it come to
    /// an end.
    private mutating func dropOldest(of identity: NodeID) {
        let oldest = self.shelves[identity]?.map { hash in
            (at: self.entries[hash]?.lastWord(of: identity) ?? .distantPast, hash: hash)
        }.min { ($0.at, $0.hash) < ($1.at, $1.hash) }
        guard let hash = oldest?.hash else { return }
        self.unshelve(hash, identity)
        guard var entry = self.entries[hash] else { return }
        for kind in Kind.allCases {
            for (key, announcement) in entry[kind] where announcement.identity == identity {
                self.bytes -= announcement.bytes
                entry[kind][key] = nil
            }
        }
        self.entries[hash] = entry.all.isEmpty ? nil : entry
    }

    // MARK: Reading

    private func isLive(_ announcement: Announcement, now: Timestamp) -> Bool {
        let life = self.calendar.milliseconds(StorageMarketLimits.hostLife)
        return now.milliseconds(since: announcement.lastAt) < life
    }

    /// Who has an artefact, as they say: those with the highest scores first, and then who was heard first.
    func hosts(of hash: ContentHash, now: Timestamp) -> [NodeID] {
        let live = self.entries[hash]?.hosts.filter { self.isLive($0.value, now: now) } ?? [:]
        return live.sorted(by: Announcement.precedes).map(\.key)
    }

    /// Artefacts that a search finds, those with most hosts first.
    ///
    /// - Parameters:
    ///   - query: what is looked for.
    ///   - limit: how many at most.
    ///   - held: what lies on this node's disk.
    ///   - standings: what flags and votes make of artefacts.
    ///   - mayGo: whether this node may drop an artefact that it holds.
    ///   - now: the time.
    /// - Returns: a row for each.
    func find(
        _ query: ContentQuery,
        limit: Int,
        _ held: HeldArtefacts,
        _ standings: Standings,
        mayGo: (ContentHash) -> Bool = { _ in false },
        now: Timestamp
    ) -> [FoundContent] {
        let found = self.entries.compactMap { hash, entry -> FoundContent? in
            guard entry.all.contains(where: { $0.matches(query) }) else { return nil }
            let isHeld = held.size(of: hash) != nil
            let standing = standings.standing(of: hash)
            let mayGo = isHeld && mayGo(hash)
            return self.row(hash, entry, isHeld: isHeld, mayGo: mayGo, standing, now: now)
        }
        let places = found.map { (place: ContentPlace($0), row: $0) }
            .filter { query.after?.isBefore($0.place) != false }
        return places.sorted { $0.place.isBefore($1.place) }.prefix(limit).map(\.row)
    }

    private func row(
        _ hash: ContentHash,
        _ entry: Entry,
        isHeld: Bool,
        mayGo: Bool,
        _ standing: ContentStanding,
        now: Timestamp
    ) -> FoundContent? {
        // Of several descriptions the one of whoever spoke first is shown: others may tell tales.
        let shown = entry.all.min { ($0.firstAt, $0.identity) < ($1.firstAt, $1.identity) }
        guard let shown, let last = entry.all.map(\.lastAt).max() else { return nil }
        return FoundContent(
            hash: hash,
            contentType: shown.contentType,
            size: shown.size,
            filename: shown.filename,
            description: shown.description,
            tags: shown.tags,
            hosts: entry.hosts.count { self.isLive($0.value, now: now) },
            isHeld: isHeld,
            mayGo: mayGo,
            isReplicated: !entry.requests.isEmpty,
            isProposed: !entry.proposals.isEmpty,
            lastSharedAt: last,
            standing: standing
        )
    }
}

extension ContentIndex: Book {
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard old != new, let hashes = self.shelves.removeValue(forKey: old) else { return }
        for hash in hashes {
            guard var entry = self.entries[hash] else { continue }
            for kind in Kind.allCases {
                for (key, announcement) in entry[kind] where announcement.identity == old {
                    entry[kind][key]?.identity = new
                }
            }
            self.entries[hash] = entry
        }
        self.shelves[new, default: []].formUnion(hashes)
        self.limit(new)
    }

    func digest(into writer: inout some StateWriter) {
        writer.field("entries", self.entries)
        writer.field("shelves", self.shelves)
        writer.field("bytes", self.bytes)
    }
}

extension ContentIndex.Entry: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("hosts", self.hosts)
        writer.field("requests", self.requests)
        writer.field("proposals", self.proposals)
    }
}

extension Propose {
    fileprivate var content: ContentDescription {
        ContentDescription(
            contentHash: self.contentHash,
            contentType: self.contentType,
            contentSize: self.contentSize,
            tags: self.tags
        )
    }
}
