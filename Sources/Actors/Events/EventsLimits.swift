/// Bounds of the Events subsystem.
enum EventsLimits {
    /// Newest events that are kept in memory; older ones are read from the log.
    ///
    /// Source: own choice: at a few events a minute, more than a day.
    static let windowMax = 4_096

    /// News of what is this node's that the inbox holds.
    ///
    /// Source: own choice: whoever looks once a week misses none.
    static let newsMax = 1_024

    /// Own proposals and requests, proposals that were voted on, and artefacts, of each so many; the
    /// oldest give way.
    ///
    /// Source: own choice: three proposals a week for more than 50 years.
    static let belongingsMax = 10_000

    /// Most bytes of a title in an event.
    ///
    /// Source: own choice: a line; whoever wants more asks for the message.
    static let titleBytesMax = 200

    /// Most tags of an event.
    ///
    /// Source: spec §7: a proposal has no more.
    static let tagsMax = 10

    /// Most bytes of a tag; longer ones are left out.
    ///
    /// Source: spec §7: no tag of a proposal is longer.
    static let tagBytesMax = 64

    /// Most events in one answer.
    ///
    /// Source: own choice, as for other lists.
    static let pageMax = 1_000

    /// Records of the log that are read for one answer.
    ///
    /// Source: own choice: a few milliseconds of work.
    static let readMax = 512

    /// Bytes of the log that are read for one answer.
    ///
    /// Source: own choice: half of the largest message.
    static let readBytesMax = 4_194_304

    /// Proposals waiting for a vote that are looked at.
    ///
    /// Source: own choice, far above what anybody votes on.
    static let ballotsMax = 1_000

    /// How often the node looks for what waits for its people, and at its score.
    ///
    /// Source: own choice: ten minutes are little in a day, which is how early deadlines are told, and new
    /// proposals are looked at as they come.
    static let lookMilliseconds: Int64 = 600_000

    /// How soon it looks after a proposal has come.
    ///
    /// Source: own choice: so that many proposals at once are one look.
    static let soonMilliseconds: Int64 = 2_000

    /// How long before its deadline a proposal is told once more.
    ///
    /// Source: own choice: an agent that wakes twice a day still votes.
    static let closingMilliseconds: Int64 = 86_400_000

    /// A change of the own score in millionths that is told.
    ///
    /// Source: own choice: half of what an adoption earns at least; smaller ones come with every assessment.
    static let scoreChangeMin: Int64 = 1_000

    /// Refusals of own messages that are told in an hour.
    ///
    /// Source: own choice: a program that repeats itself must not fill the log.
    static let refusalsMax = 60

    /// The hour of ``refusalsMax``.
    ///
    /// Source: own choice.
    static let refusalWindowMilliseconds: Int64 = 3_600_000
}
