public import Messages
public import Primitives

/// The durable log as Persistence sees it: append, read, replay.
///
/// ``LogStore`` keeps it on a disk, ``MemoryLog`` in memory for simulations. Appending never blocks;
/// the outcomes of entries are fetched with ``takeOutcomes()`` after the callback of ``connect(_:)``.
public protocol LogDevice: Sendable {
    /// Begins a session: entries not yet stored and outcomes not yet taken are forgotten.
    ///
    /// - Parameter onOutcomes: called from any thread when outcomes are ready.
    func connect(_ onOutcomes: @escaping @Sendable () -> Void)

    /// Hands entries over for the next commit.
    func append(_ entries: [LogEntry])

    /// Outcomes since the last call, in log order.
    func takeOutcomes() -> [AppendOutcome]

    /// Records after a position, each checked; empty at the end of the log.
    ///
    /// It takes up to `count` records and stops after the one that reaches `bytesMax`, so that what
    /// is handed over at once does not depend on how large messages are.
    func records(after sequence: UInt64, count: Int, bytesMax: Int) throws(LogError) -> [LogRecord]

    /// The replay does not begin at the first record: up to this one, all is folded already.
    ///
    /// A log that compares digests at the end of a replay goes on from this digest.
    func skip(to sequence: UInt64, digest: Bytes32)

    /// One page of canonical envelopes.
    func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply

    /// Canonical envelopes by identifier, in the order asked for; unknown ones are left out.
    func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]]

    /// Figures now.
    var status: LogStatus { get }
}

extension LogDevice {
    /// Compares no digests.
    public func skip(to sequence: UInt64, digest: Bytes32) {}
}
