import Messages
import Primitives

/// How many keys that were never verified are let in when they connect: five in any hour, fifty in
/// any day (R-10-012, R-10-013, D-23).
///
/// Both windows roll, so that nobody who connects shortly before midnight UTC shuts out a whole day.
struct StrangerAllowance: Sendable, Codable {
    /// When strangers were let in, oldest first; no more than the daily limit.
    private var admissions: [Timestamp] = []

    /// Why no stranger is let in now; nil when one is.
    func objection(now: Timestamp) -> Refusal? {
        let (hour, day) = (
            self.admissions(within: VerificationLimits.newPeersMilliseconds, of: now),
            self.admissions(within: VerificationLimits.proofsMilliseconds, of: now)
        )
        if day >= VerificationLimits.proofsPerDayMax {
            return Refusal(.busy, "\(day) new keys connected within a day; try again later")
        }
        if hour >= VerificationLimits.newPeersMax {
            return Refusal(.busy, "\(hour) new peers were let in within an hour; try later")
        }
        return nil
    }

    /// Lets a stranger in.
    ///
    /// - Returns: why not; nil when it was.
    mutating func spend(now: Timestamp) -> Refusal? {
        if let refusal = self.objection(now: now) { return refusal }
        self.admissions.removeAll {
            !Self.isWithin(VerificationLimits.proofsMilliseconds, $0, of: now)
        }
        self.admissions.append(now)
        return nil
    }

    private func admissions(within window: Int64, of now: Timestamp) -> Int {
        self.admissions.count { Self.isWithin(window, $0, of: now) }
    }

    /// What lies in the future was noted by a clock that has been put right.
    private static func isWithin(_ window: Int64, _ time: Timestamp, of now: Timestamp) -> Bool {
        (0..<window).contains(now.milliseconds(since: time))
    }
}
