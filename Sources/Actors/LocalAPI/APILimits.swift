/// Bounds of the LocalAPI subsystem.
enum APILimits {
    /// Requests under way; more are refused with `busy`.
    ///
    /// Source: own choice: a local agent never needs a tenth of it.
    static let requestsMax = 1_024

    /// A request without an outcome is answered with an error after this time.
    ///
    /// Source: own choice: longer than the exchange time-out of D-18, so that its cause is shown.
    static let requestMilliseconds: Int64 = 120_000

    /// How often requests are looked through for time-outs.
    ///
    /// Source: own choice.
    static let tickMilliseconds: Int64 = 1_000

    /// How long a request with a key is remembered.
    ///
    /// Source: own choice (ADR 0060): whoever tries again does so within a day.
    static let keptMilliseconds: Int64 = 86_400_000

    /// Most requests with a key that are remembered.
    ///
    /// Source: own choice (ADR 0060): one every ten seconds for a day; a few megabytes.
    static let keptMax = 8_192

    /// How many of them are forgotten at a time, the oldest first.
    ///
    /// Source: own choice: forgetting is then cheap for each request.
    static let keptStep = 1_024

    /// Most bytes of their answers, of which the oldest are forgotten.
    ///
    /// Source: own choice: 8 KiB for each; plug-ins may answer with a MiB.
    static let keptBytesMax = 67_108_864

    /// When a caller may ask again for what is still under way.
    ///
    /// Source: own choice: most requests take milliseconds.
    static let runningMilliseconds: Int64 = 1_000

    /// Offset of the own clock beyond which a caller who acts near a deadline is warned.
    ///
    /// Source: own choice (ADR 0034): comparisons waver by less, and gossip takes as long.
    static let clockOffMilliseconds: Int64 = 3_000

    /// Time before a deadline from which on callers are warned, in addition to the offset of the
    /// clocks.
    ///
    /// Source: own choice (ADR 0034): time to set the clock, or to vote at once.
    static let nearMilliseconds: Int64 = 60_000

    /// Most bytes of an answer for whoever does not say how much is wanted.
    ///
    /// Source: own choice: what a language model reads at once without losing the thread.
    static let briefBytesMax = 8_192

    /// Most items of such an answer.
    ///
    /// Source: own choice: as many as fit.
    static let briefMax = 20

    /// Events that are told to one who neither follows nor says how many are wanted.
    ///
    /// Source: own choice, as for other lists.
    static let eventsMax = 100

    /// Most bytes of an answer that is a list.
    ///
    /// Source: own choice: what a program reads at once.
    static let answerBytesMax = 1_048_576

    /// Most bytes of a title, and of a device's label, that this node sends.
    ///
    /// Source: own choice: a long line, in any script.
    static let titleBytesMax = 512

    /// Most bytes of a text that this node sends.
    ///
    /// Source: own choice: a book of 100 pages; what is longer is an artefact.
    static let bodyBytesMax = 262_144

    /// Most bytes of a reason that this node sends.
    ///
    /// Source: own choice, as for the details of a flag (R-06-121).
    static let reasonBytesMax = 10_240

    /// Most tags that this node sends with a request.
    ///
    /// Source: own choice, as for content (R-06-006).
    static let requestTagsMax = 20

    /// Most bytes of a tag that this node sends.
    ///
    /// Source: own choice, as for content (R-06-006); proposals may have longer ones (R-07-004).
    static let tagBytesMax = 64

    /// Most media types that an operator names.
    ///
    /// Source: own choice: `text/*` stands for many.
    static let contentTypesMax = 64
}
