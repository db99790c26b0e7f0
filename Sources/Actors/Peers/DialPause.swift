/// Exponential pauses between dials.
enum DialPause {
    /// The pause after so many failures in a row, in milliseconds.
    static func after(failures: Int) -> Int64 {
        let doublings = min(max(failures, 1) - 1, 20)
        return min(
            PeersLimits.dialPauseMilliseconds << Int64(doublings),
            PeersLimits.dialPauseMaxMilliseconds
        )
    }
}
