import Messages
import OrderedCollections
import Primitives

/// Looks further back than usual: for assessments that bear on a close vote (R-08-015), and for live
/// messages that had no room while they waited for their phase (R-05-021).
///
/// Sync asks for what is newer than half an hour; these may be older and have passed this node by. So the
/// next few sessions begin earlier.
struct Lookback: Sendable {
    private struct Wish: Sendable {
        var since: Timestamp
        var sessionsLeft: Int
    }

    private var wishes: OrderedDictionary<Int, Wish> = [:]

    /// Whether anything is wanted.
    var isEmpty: Bool { self.wishes.isEmpty }

    /// The phases of which older messages are wanted.
    var phases: [Int] { self.wishes.keys.sorted() }

    /// From where messages of a phase are wanted; nil when none are.
    func since(of phase: Int) -> Timestamp? { self.wishes[phase]?.since }

    /// Messages of a phase from a moment on are wanted.
    ///
    /// - Parameters:
    ///   - phase: the phase.
    ///   - moment: the earliest.
    ///   - isInSession: a session runs that began without this wish.
    mutating func want(_ phase: Int, since moment: Timestamp, isInSession: Bool) {
        self.wishes[phase] = Wish(
            since: min(self.wishes[phase]?.since ?? moment, moment),
            sessionsLeft: SyncLimits.lookbackSessions + (isInSession ? 1 : 0)
        )
    }

    /// A session that read these phases has come to its end.
    ///
    /// - Returns: whether another peer is to be asked at once.
    mutating func passed(_ phases: [Int]) -> Bool {
        for phase in phases { self.wishes[phase]?.sessionsLeft -= 1 }
        self.wishes = self.wishes.filter { $0.value.sessionsLeft > 0 }
        return !self.isEmpty
    }
}
