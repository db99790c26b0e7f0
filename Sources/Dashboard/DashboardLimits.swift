/// Bounds of the pages.
package enum DashboardLimits {
    /// Bytes of a page with its style sheet and its module.
    ///
    /// Source: own choice (ADR 0077): a page is there at once over a slow line, too.
    package static let pageBytesMax = 100_000

    /// Bytes of the module.
    ///
    /// Source: own choice (ADR 0077): one can read it.
    package static let moduleBytesMax = 4_096

    /// Proposals on a page.
    ///
    /// Source: own choice: what one reads at a time; each is asked why it stands where it stands.
    static let proposalsMax = 10

    /// Rows of a table.
    ///
    /// Source: own choice: as many of the longest are half of a page.
    static let rowsMax = 60

    /// Rows of a table with long texts, or beside others.
    ///
    /// Source: own choice: the same, as a page has several of these.
    static let fewRowsMax = 20

    /// Sentences of a list.
    ///
    /// Source: own choice: more are not read.
    static let sentencesMax = 16

    /// Networks on the map of peers.
    ///
    /// Source: own choice: what can be told apart at a glance.
    static let networksMax = 16

    /// Dots of a network on the map of peers.
    ///
    /// Source: own choice: three lines of them.
    static let dotsMax = 33

    /// Points of a line in a chart.
    ///
    /// Source: own choice: as many as there is room for.
    static let pointsMax = 120

    /// Bytes of a text of others that is read on a page of its own.
    ///
    /// Source: own choice: two screens; the whole text is in `valence-node proposal show`.
    static let textBytesMax = 8_000

    /// For how long mailboxes are watched for their rate.
    ///
    /// Source: own choice: longer than a turn of any timer, and short for whoever waits for the page.
    static let rateTime = Duration.milliseconds(500)
}
