import Identities
import Messages
import OrderedCollections
import Primitives

/// When each identity sent its SHAREs, by the times that were signed (R-06-007).
///
/// Every node counts the same, so a SHARE beyond the limit is refused, not only ignored (D-20).
struct ShareRates: Sendable, Codable {
    private var times: [NodeID: [Timestamp]] = [:]

    private let hourly: RateWindow

    init(_ calendar: MarketCalendar = .standard) {
        self.hourly = RateWindow(
            count: StorageMarketLimits.sharesPerHourMax,
            milliseconds: calendar.milliseconds(StorageMarketLimits.hour)
        )
    }

    /// Why a SHARE of this identity is one too many; nil when it is not.
    func obstacle(to identity: NodeID, at time: Timestamp) -> Refusal? {
        guard let next = self.hourly.next(from: time, among: self.times(of: identity)) else {
            return nil
        }
        let most = StorageMarketLimits.sharesPerHourMax
        return Refusal(
            .rateLimited,
            "an identity may send \(most) SHAREs in an hour; the next one may be sent later",
            retryAt: next
        )
    }

    /// When an identity sent the SHAREs that are remembered, oldest first.
    func times(of identity: NodeID) -> [Timestamp] { self.times[identity] ?? [] }

    /// A SHARE was accepted.
    mutating func add(_ identity: NodeID, at time: Timestamp) {
        if self.times[identity] == nil { self.makeRoom() }
        self.insert([time], identity)
    }

    private mutating func insert(_ more: [Timestamp], _ identity: NodeID) {
        let all = (self.times(of: identity) + more).sorted()
        self.times[identity] = Array(all.suffix(StorageMarketLimits.shareTimesMax))
    }

    private mutating func makeRoom() {
        guard self.times.count >= StorageMarketLimits.sharersMax else { return }
        let silent = self.times.min { one, other in
            guard let first = one.value.last, let second = other.value.last else { return false }
            return (first, one.key) < (second, other.key)
        }
        if let silent { self.times[silent.key] = nil }
    }
}

extension ShareRates: Book {
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard old != new, let times = self.times.removeValue(forKey: old) else { return }
        self.insert(times, new)
    }

    func digest(into writer: inout some StateWriter) { writer.field("times", self.times) }
}
