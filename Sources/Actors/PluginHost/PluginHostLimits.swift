/// Bounds of what a child process may cost the node.
enum PluginHostLimits {
    /// A child that does not answer within this time counts as failing.
    ///
    /// Source: own choice (ADR 0058).
    static let answerMilliseconds: Int64 = 1_000

    /// The first answer may take longer: an interpreter, or a model, has to be loaded.
    ///
    /// Source: own choice (ADR 0058).
    static let startMilliseconds: Int64 = 10_000

    /// How long a child waits to hear what became of a message that it publishes.
    ///
    /// Source: own choice (ADR 0058).
    static let publishingMilliseconds: Int64 = 10_000

    /// Answers that come too late in a row, after which the child is ended.
    ///
    /// Source: own choice (ADR 0058).
    static let latesInRowMax = 5

    /// Lines that are no part of the conversation, after which the child is ended; by start.
    ///
    /// Source: own choice (ADR 0058).
    static let straysMax = 10

    /// Questions that wait for an answer of one child.
    ///
    /// Source: own choice (ADR 0058).
    static let pendingMax = 64

    /// What may wait to be written to one child; questions and answers have a second half of their own.
    ///
    /// Source: own choice (ADR 0058).
    static let unwrittenMax = 256

    /// Requests to the node that one child may have open.
    ///
    /// Source: own choice (ADR 0058).
    static let callsMax = 8

    /// Lines that a child may say at once, and 200 a second in the long run.
    ///
    /// Source: own choice (ADR 0058).
    static let linesBurst = 400

    /// Time in which one more line is forgiven.
    ///
    /// Source: own choice (ADR 0058).
    static let lineMilliseconds: Int64 = 5

    /// Messages of its own type that a child may publish at once, 20 a minute in the long run.
    ///
    /// Source: own choice (ADR 0058).
    static let publishingBurst = 20

    /// Time in which one more message is forgiven.
    ///
    /// Source: own choice (ADR 0058).
    static let publishingMillisecondsEach: Int64 = 3_000

    /// First pause before a child is started again.
    ///
    /// Source: own choice (ADR 0058).
    static let pauseMillisecondsMin: Int64 = 1_000

    /// Longest pause before a child is started again.
    ///
    /// Source: own choice (ADR 0058).
    static let pauseMillisecondsMax: Int64 = 300_000

    /// A child that ran for so long begins again with the shortest pause.
    ///
    /// Source: own choice (ADR 0058).
    static let steadyMilliseconds: Int64 = 60_000

    /// Largest payload that is written to children, in bytes.
    ///
    /// Events come without larger ones, and messages of an own type are refused. With ``unwrittenMax`` it
    /// bounds the memory of one child's queue to 32 MiB.
    ///
    /// Source: own choice (ADR 0058).
    static let payloadBytesMax = 65_536
}
