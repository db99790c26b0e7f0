import Identities
import Messages
import OrderedCollections
import Primitives

/// How often an identity was seen at work: what the weight of the own opinion is made of (§9).
struct IdentityObservations: Sendable, Codable {
    fileprivate struct Hour: Sendable, Codable {
        var types: ObservedTypes = []
        var ids: [MessageID] = []
    }

    /// Counted once for each type and hour, and once for each message (R-09-034).
    private(set) var count = 0
    /// The newest one that counted.
    private(set) var newest: Timestamp?
    /// The earliest ones, ascending: as many as change the weight.
    private var earliest: [Timestamp] = []
    private var hours: OrderedDictionary<Int64, Hour> = [:]

    /// Notes a message; a type outside the list counts nothing (R-09-033).
    mutating func note(_ type: MessageType?, _ id: MessageID, at time: Timestamp) {
        guard let observed = ObservedTypes(type) else { return }
        let hour = time.utcHour
        let newestHour = self.hours.keys.max() ?? hour
        guard hour > newestHour.saturatingSubtracting(ReputationLimits.observedHours),
            !self.hours.values.contains(where: { $0.ids.contains(id) }),
            self.hours[hour]?.types.contains(observed) != true
        else { return }
        self.hours[hour, default: Hour()].types.insert(observed)
        self.hours[hour, default: Hour()].ids.append(id)
        self.count += 1
        self.newest = max(self.newest ?? time, time)
        self.keepEarliest([time])
        self.forget(before: max(newestHour, hour))
    }

    private mutating func keepEarliest(_ times: [Timestamp]) {
        let kept = (self.earliest + times).sorted()
            .prefix(ReputationLimits.observationsForFullWeight)
        self.earliest = Array(kept)
    }

    private mutating func forget(before newestHour: Int64) {
        let first = newestHour.saturatingSubtracting(ReputationLimits.observedHours)
        self.hours.removeAll { $0.key <= first }
    }

    /// Weight of the own opinion now, in millionths.
    var alpha: Int64 { ScoreFormula.alpha(observations: self.count) }

    /// Weight of the own opinion from what was seen up to a moment (D-48), in millionths.
    func alpha(at time: Timestamp) -> Int64 {
        ScoreFormula.alpha(observations: self.earliest.count { $0 <= time })
    }

    /// Takes in what was seen of another key that is the same identity now.
    mutating func merge(_ other: IdentityObservations) {
        self.count += other.count
        self.newest = [self.newest, other.newest].compactMap { $0 }.max()
        self.keepEarliest(other.earliest)
        for (hour, seen) in other.hours {
            self.hours[hour, default: Hour()].types.formUnion(seen.types)
            self.hours[hour, default: Hour()].ids += seen.ids
        }
        if let newestHour = self.hours.keys.max() { self.forget(before: newestHour) }
    }
}

/// The six types that show their author at work (R-09-033).
struct ObservedTypes: OptionSet, Sendable, Codable {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init?(_ type: MessageType?) {
        switch type {
        case .propose: self.init(rawValue: 1)
        case .vote: self.init(rawValue: 2)
        case .adopt: self.init(rawValue: 4)
        case .storageProof: self.init(rawValue: 8)
        case .peerAnnounce: self.init(rawValue: 16)
        case .reputationGossip: self.init(rawValue: 32)
        default: return nil
        }
    }
}

extension Timestamp {
    /// The hour, counted from 1970.
    var utcHour: Int64 {
        let day = self.utcDay
        let (start, overflow) = day.multipliedReportingOverflow(by: 86_400_000)
        guard !overflow else { return self.milliseconds / 3_600_000 }
        return day * 24 + (self.milliseconds - start) / 3_600_000
    }
}

extension IdentityObservations: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("count", self.count)
        writer.field("newest", self.newest)
        writer.field("earliest", self.earliest)
        writer.field("hours", self.hours)
    }
}

extension IdentityObservations.Hour: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("types", self.types)
        writer.field("ids", self.ids)
    }
}

extension ObservedTypes: Digestible {}
