import Messages
import OrderedCollections
import Primitives

/// Whom one download may still ask, and how each of them did.
struct DownloadHosts: Sendable {
    private struct Standing: Sendable {
        /// Times in a row that it gave nothing.
        var failures = 0
        /// Not asked before.
        var restsUntil: Timestamp?
        /// Pieces that it may be asked for at a time.
        var room = StorageMarketLimits.piecesPerDownloadMax
        /// What it gave in this download, and how long all of that took.
        var pace = Pace()
    }

    /// How fast a host is.
    private struct Pace: Sendable {
        private var bytes: Int64 = 0
        private var milliseconds: Int64 = 0

        mutating func add(_ bytes: Int, in milliseconds: Int64) {
            self.bytes += Int64(bytes)
            self.milliseconds += max(0, milliseconds)
        }

        var isSlow: Bool {
            self.milliseconds >= StorageMarketLimits.paceMilliseconds
                && self.milliseconds * Int64(StorageMarketLimits.chunkBytesMax)
                    > self.bytes * StorageMarketLimits.slowPieceMilliseconds
        }
    }

    private var standings: OrderedDictionary<NodeID, Standing> = [:]
    /// Those who were slow, and stand behind all others; each goes there once.
    private var slow: Set<NodeID> = []
    /// Those who lied or hold nothing; they are not asked again.
    private var left: OrderedSet<NodeID> = []
    /// Those who said another size than who was asked first; one of them may be right.
    private var dissenters: OrderedSet<NodeID> = []
    /// Whether only one is asked until it is left, so that all of its pieces can be checked together.
    private(set) var areAskedAlone = false

    /// Hosts that may still be asked.
    var count: Int { self.standings.count }

    /// Nobody is left to ask.
    var areExhausted: Bool { self.standings.isEmpty }

    /// The next host to be asked alone, or the first of all.
    var first: NodeID? { self.standings.keys.first }

    /// More hosts may be asked.
    mutating func add(_ hosts: [NodeID]) {
        for host in hosts where !self.left.contains(host) && !self.dissenters.contains(host) {
            if self.standings[host] == nil { self.standings[host] = Standing() }
        }
    }

    /// The host that should be asked for the next piece; nil when all have enough to do, or rest.
    ///
    /// - Parameters:
    ///   - load: how many pieces each has been asked for.
    ///   - now: the time.
    /// - Returns: of those who have the least to do, the one that was named first; a slow one only when all
    ///   others rest.
    func next(load: [NodeID: Int], now: Timestamp) -> NodeID? {
        let candidates = self.standings.prefix(self.areAskedAlone ? 1 : self.standings.count)
        var best: (host: NodeID, isFast: Bool, load: Int)?
        for (host, standing) in candidates {
            if let end = standing.restsUntil, end > now { continue }
            let (isFast, load) = (!self.slow.contains(host), load[host] ?? 0)
            guard load < standing.room else { continue }
            let isBetter =
                best.map { best in
                    isFast == best.isFast ? load < best.load : isFast
                } ?? true
            if isBetter { best = (host, isFast, load) }
        }
        return best?.host
    }

    /// When the first host that rests may be asked again.
    var restEnds: Timestamp? {
        self.standings.prefix(self.areAskedAlone ? 1 : self.standings.count)
            .compactMap(\.value.restsUntil).min()
    }

    /// Those who have rested for long enough may be asked again.
    mutating func wake(now: Timestamp) {
        for (host, standing) in self.standings {
            guard let end = standing.restsUntil, end <= now else { continue }
            self.standings[host]?.restsUntil = nil
        }
    }

    /// A host gave what it was asked for.
    mutating func gave(_ bytes: Int, by host: NodeID, in milliseconds: Int64) {
        guard var standing = self.standings[host] else { return }
        standing.failures = 0
        standing.restsUntil = nil
        standing.pace.add(bytes, in: milliseconds)
        self.standings[host] = standing
        self.judgePace(of: host)
    }

    /// A host gave nothing in time.
    mutating func wasLate(_ host: NodeID, now: Timestamp) {
        let milliseconds = StorageMarketLimits.pieceMilliseconds
        self.standings[host]?.pace.add(0, in: milliseconds)
        self.failed(host, now: now)
        self.judgePace(of: host)
    }

    /// Whoever is slow stands behind the others from now on, as long as one of them has not been slow.
    private mutating func judgePace(of host: NodeID) {
        guard let standing = self.standings[host], standing.pace.isSlow, !self.slow.contains(host),
            self.standings.keys.contains(where: { $0 != host && !self.slow.contains($0) })
        else { return }
        self.slow.insert(host)
        self.standings[host] = nil
        self.standings[host] = standing
    }

    /// A host did not answer: it rests twice as long each time, and is left at last.
    ///
    /// It may be at the end of a slow line, on which fewer pieces at a time get through. Pieces that were
    /// asked for together are late together, and count once.
    mutating func failed(_ host: NodeID, now: Timestamp) {
        guard var standing = self.standings[host] else { return }
        if let end = standing.restsUntil, end > now { return }
        standing.failures += 1
        standing.room = max(1, standing.room / 2)
        guard standing.failures < StorageMarketLimits.hostFailuresMax else {
            return self.leave(host)
        }
        let rest = StorageMarketLimits.hostRestMilliseconds << Int64(standing.failures - 1)
        standing.restsUntil = now.adding(milliseconds: rest)
        self.standings[host] = standing
    }

    /// A host is not asked again.
    mutating func leave(_ host: NodeID) {
        self.standings[host] = nil
        self.left.append(host)
    }

    /// A host says another size than the first one did.
    mutating func dissents(_ host: NodeID) {
        self.standings[host] = nil
        self.dissenters.append(host)
    }

    /// From now on one host is asked at a time, those who dissented as well.
    ///
    /// - Returns: false when that is the case already, or nobody is left.
    mutating func askAlone() -> Bool {
        guard !self.areAskedAlone else { return false }
        self.areAskedAlone = true
        return self.hearDissenters()
    }

    /// Those who dissented are asked as everybody is.
    ///
    /// - Returns: false when nobody is left.
    mutating func hearDissenters() -> Bool {
        let dissenters = self.dissenters
        self.dissenters = []
        self.add(dissenters.elements)
        return !self.areExhausted
    }
}
