/// How often a node throws its subsystems away and builds them again.
enum RebuildLimits {
    /// Jumps of the clock within the window after which the node goes on at once.
    ///
    /// Source: own choice: a clock that is set wrongly, put right, and a machine that slept meanwhile.
    static let jumpsAtOnceMax = 3

    /// The time in which they are counted.
    ///
    /// Source: own choice: several rounds of a time service, which asks every minute or so.
    static let jumpWindow = Duration.seconds(600)

    /// Rest before each further rebuild.
    ///
    /// Source: own choice: peers and people see a node that is down rather than one that comes and goes,
    /// and it is back soon after somebody has stopped one of two time services.
    static let jumpPause = Duration.seconds(60)
}
