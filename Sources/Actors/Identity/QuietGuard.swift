import Identities
import Messages
import Primitives

/// How long a key that was put back from a backup says nothing (ADR 0072).
///
/// Whoever puts it back may forget that the node it was copied from still runs. So this one first reads what
/// the network knows, and then listens for as long as the other one would take to announce itself twice. Any
/// sign of another process with the key begins that time anew.
struct QuietGuard: Sendable {
    /// Why it says nothing, and for how long.
    struct Pause: Sendable {
        let text: String
        /// When it may be over; nil as long as the node is not synced, or without peers.
        let until: Timestamp?

        func refusal(now: Timestamp) -> Refusal {
            let later = now.adding(milliseconds: IdentityLimits.unsyncedRetryMilliseconds)
            return Refusal(.notSynced, self.text, retryAt: self.until ?? later)
        }
    }

    /// What was put back; nil for a key that was never anywhere else.
    private let restored: RestoredKey?
    /// Whether it was quiet for long enough, or the operator said that nobody else has the key.
    private(set) var isCleared = false
    private var isSynced = false
    /// Peers to which there is a connection: without any, nobody could tell of the other one.
    private var peers = 0
    /// Since when this node is synced and among others, and there was no sign of another one.
    private var quietSince: Timestamp?

    init(_ restored: RestoredKey?) { self.restored = restored }

    /// Takes over what a checkpoint kept.
    mutating func restore(isCleared: Bool) { self.isCleared = isCleared }

    // MARK: What happens

    /// Sync has got further, or fell back.
    mutating func changed(_ change: SyncStateChanged, now: Timestamp) {
        self.isSynced = change.state == .synced
        self.reconsider(now: now)
    }

    /// A peer has come, or one has gone.
    mutating func peersChanged(by difference: Int, now: Timestamp) {
        self.peers = max(0, self.peers + difference)
        self.reconsider(now: now)
    }

    private mutating func reconsider(now: Timestamp) {
        self.quietSince = self.isSynced && self.peers > 0 ? self.quietSince ?? now : nil
    }

    /// There is another process with the key.
    mutating func noticedAnother(at now: Timestamp) {
        if self.quietSince != nil { self.quietSince = now }
    }

    /// The operator says that nobody else has the key.
    ///
    /// - Returns: what to record, if that is news.
    mutating func end(now: Timestamp) -> LocalFact? {
        guard !self.isCleared, let restored else { return nil }
        self.isCleared = true
        return RestoredKeyCleared(instance: restored.instance).fact(recordedAt: now)
    }

    /// Ends it when its time has come.
    ///
    /// - Returns: what to record, if that is news.
    mutating func look(now: Timestamp) -> LocalFact? {
        guard let pause = self.pause, let until = pause.until, now >= until else { return nil }
        return self.end(now: now)
    }

    // MARK: Questions

    /// Why nothing is signed; nil when it is.
    var pause: Pause? {
        guard self.restored != nil, !self.isCleared else { return nil }
        let until = self.quietSince?.adding(milliseconds: IdentityLimits.quietMilliseconds)
        let minutes = IdentityLimits.quietMilliseconds / 60_000
        let text =
            "this node's key was put back from a backup, so nothing is signed until the node is synced and "
            + "no other process with the key was noticed for \(minutes) minutes. If no other can run, start "
            + "this one with `valence-node run --only-instance`"
        return Pause(text: text, until: until)
    }

    // MARK: In the log

    /// Folds a fact; what is about another life of the key changes nothing.
    mutating func apply(_ fact: LocalFact) {
        guard let cleared = RestoredKeyCleared(fact), cleared.instance == self.restored?.instance
        else { return }
        self.isCleared = true
    }
}

extension QuietGuard: Digestible {
    /// What was put back is given, and how long it has been quiet is this life's.
    func digest(into writer: inout some StateWriter) {
        writer.field("isCleared", self.isCleared)
    }
}
