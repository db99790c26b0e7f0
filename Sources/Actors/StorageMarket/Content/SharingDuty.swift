import Identities
import Messages
import OrderedCollections
import Primitives

/// Repeats what this node offers for as long as it holds it (R-06-008).
///
/// What it offers follows from its own SHAREs in the log; what was removed from the disk is not offered.
/// Nothing of this is in the digest, since it is this node's own part in the market.
struct SharingDuty: Sendable, Codable {
    private struct Offer: Sendable, Codable {
        let content: ContentDescription
        let sharedAt: Timestamp

        /// Whoever waited longest comes first.
        static func < (one: Offer, other: Offer) -> Bool {
            (one.sharedAt, one.content.contentHash) < (other.sharedAt, other.content.contentHash)
        }
    }

    private var identity: NodeID?
    private var offers: OrderedDictionary<ContentHash, Offer> = [:]
    private var isStarted = false
    /// When to look next what is due; nil when nothing is offered.
    private(set) var nextWake: Timestamp?

    private let calendar: MarketCalendar
    private let hourly: RateWindow

    init(_ calendar: MarketCalendar = .standard) {
        self.calendar = calendar
        self.hourly = RateWindow(
            count: StorageMarketLimits.repeatedSharesPerHourMax,
            milliseconds: calendar.milliseconds(StorageMarketLimits.hour)
        )
    }

    // MARK: What happens

    /// A SHARE was accepted, or was found in the log; those of others are ignored.
    mutating func heard(_ share: Share, _ admitted: AdmittedMessage, of identity: NodeID) {
        guard case .local = admitted.origin else { return }
        self.identity = identity
        let time = admitted.message.timestamp
        for content in share.entries {
            let known = self.offers[content.contentHash]?.sharedAt ?? time
            self.offers[content.contentHash] = Offer(content: content, sharedAt: max(time, known))
        }
        guard self.isStarted, !share.entries.isEmpty else { return }
        self.look(at: self.nextShare(after: time))
    }

    /// Keys were linked or rotated: what this identity may share is counted under its name of now.
    mutating func keysChanged(_ keys: KeyRegistry) {
        self.identity = self.identity.map { keys.identity(of: $0) }
    }

    /// The log has been read; what the node offers is repeated from now on.
    mutating func started(now: Timestamp) {
        self.isStarted = true
        guard !self.offers.isEmpty else { return }
        self.look(at: now.adding(milliseconds: StorageMarketLimits.shareStartMilliseconds))
    }

    private func nextShare(after time: Timestamp) -> Timestamp {
        self.calendar.moment(StorageMarketLimits.sharePause, after: time)
    }

    private mutating func look(at time: Timestamp) {
        self.nextWake = min(self.nextWake ?? time, time)
    }

    // MARK: The round

    /// The SHAREs that are due.
    ///
    /// - Parameters:
    ///   - held: what lies on the disk.
    ///   - rates: when this identity sent SHAREs, from whichever of its nodes.
    ///   - now: the time.
    /// - Returns: at most as many as the limit allows; the rest comes later, the oldest first.
    mutating func tick(_ held: HeldArtefacts, _ rates: ShareRates, now: Timestamp) -> [Share] {
        guard let wake = self.nextWake, wake <= now else { return [] }
        self.nextWake = nil
        let offered = self.offers.values
            .filter { held.size(of: $0.content.contentHash) != nil }
            .sorted(by: <)
        guard let oldest = offered.first else {
            // What is damaged may be fetched again.
            self.look(at: self.nextShare(after: now))
            return []
        }
        guard self.nextShare(after: oldest.sharedAt) <= now else {
            self.look(at: self.nextShare(after: oldest.sharedAt))
            return []
        }
        // Those that are accepted move the next round by being heard.
        self.look(at: self.calendar.moment(StorageMarketLimits.shareRetry, after: now))
        let soon = self.calendar.moment(StorageMarketLimits.shareSlack, after: now)
        let entries = offered.filter { self.nextShare(after: $0.sharedAt) <= soon }.map(\.content)
        return self.batches(entries, rates, now: now)
    }

    private func batches(_ entries: [ContentDescription], _ rates: ShareRates, now: Timestamp)
        -> [Share]
    {
        var times = self.identity.map { rates.times(of: $0) } ?? []
        var shares: [Share] = []
        var rest = entries[...]
        while !rest.isEmpty, self.hourly.allows(now, among: times) {
            shares.append(Share(entries: Array(rest.prefix(WireLimits.shareEntriesMax))))
            rest = rest.dropFirst(WireLimits.shareEntriesMax)
            times.append(now)
        }
        return shares
    }
}
