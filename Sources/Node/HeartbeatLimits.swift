/// How often the service manager hears of the node.
enum HeartbeatLimits {
    /// Least time between two signs of life in a replay.
    ///
    /// Source: own choice: a watchdog is counted in minutes, and a step takes milliseconds.
    static let stepPause = Duration.seconds(1)

    /// Time in which the next step of a replay is over, however slow the disk.
    ///
    /// Source: own choice: a step hands over 1,024 records at most.
    static let stepTime = Duration.seconds(120)

    /// What a manager without a watchdog is taken to wait; it is told the status at half of it.
    ///
    /// Source: own choice: somebody who looks sees what was true in this minute.
    static let unwatched = Duration.seconds(120)

    /// Questions in the time of one when the node did not answer as it should.
    ///
    /// Source: own choice: a node that was busy for a moment is not ended for it.
    static let triesPerPeriod = 5
}
