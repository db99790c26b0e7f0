public import Messages
public import Primitives

/// Hours of a network as a node wrote them into its log, for simulations that begin in the middle.
public enum ObservedHours {
    /// The facts of a stretch of hours that all had so many active identities.
    ///
    /// - Parameters:
    ///   - count: how many hours.
    ///   - end: the full hour at which the last one ended.
    ///   - activeIdentities: what was counted in each.
    /// - Returns: what a node that observed them has in its log, oldest first.
    public static func facts(_ count: Int, until end: Timestamp, activeIdentities: Int)
        -> [LocalFact]
    {
        (0..<Int64(count)).map { place in
            let observation = HourObservation(
                hour: end.clockHour - Int64(count) + place,
                activeIdentities: activeIdentities,
                multiplier: .one
            )
            return observation.fact(recordedAt: observation.end)
        }
    }
}
