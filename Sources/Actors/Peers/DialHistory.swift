import Primitives

/// How the dials of a peer or of an address went, and when the next one is due (spec §14).
struct DialHistory: Sendable, Equatable, Codable {
    /// The next dial begins at this time or later.
    private(set) var next: Timestamp
    /// Failed dials in a row.
    private(set) var failures = 0
    /// Why the last dial failed; nil after one that succeeded.
    private(set) var lastFailure: String?
    /// A dial is under way, and its outcome is late after this time.
    private var deadline: Timestamp?

    /// Nothing was dialled yet.
    init(now: Timestamp) { self.next = now }

    var isUnderWay: Bool { self.deadline != nil }

    /// Whether the pause after the last dial is over.
    func isDue(now: Timestamp) -> Bool { self.next <= now }

    /// Whether the outcome of a dial should have come by now.
    func isLate(now: Timestamp) -> Bool { self.deadline.map { $0 <= now } ?? false }

    /// A dial begins.
    mutating func begin(now: Timestamp) {
        self.deadline = now.adding(milliseconds: PeersLimits.dialMilliseconds)
    }

    /// The dial under way, if any, is over; nothing speaks for or against the next one.
    mutating func end() { self.deadline = nil }

    /// A dial led to the peer: earlier failures count no longer.
    mutating func succeed() {
        self.deadline = nil
        self.failures = 0
        self.lastFailure = nil
    }

    /// Doubles the pause before the next dial (§14).
    mutating func fail(_ reason: String, now: Timestamp) {
        self.deadline = nil
        self.lastFailure = reason
        self.failures += 1
        self.next = now.adding(milliseconds: DialPause.after(failures: self.failures))
    }

    /// What the dial led to was of no use, for the operator; it does not count as a failed dial.
    mutating func note(_ reason: String) { self.lastFailure = reason }

    /// The next dial comes at this time or later, whatever was planned.
    mutating func postpone(until time: Timestamp) { self.next = time }
}
