import NIOCore
import Yamux

/// What each stream of a connection is for, and until when it has to be done.
struct StreamTable {
    private var states: [YamuxStreamID: StreamState] = [:]
    private var deadlines = StreamDeadlines()
    /// When somebody looks for late streams.
    private var nextLook: NIODeadline?

    subscript(id: YamuxStreamID) -> StreamState? { self.states[id] }

    mutating func set(_ state: StreamState, for id: YamuxStreamID) { self.states[id] = state }

    /// Forgets a stream.
    mutating func remove(_ id: YamuxStreamID) -> StreamState? {
        self.deadlines.remove(id)
        return self.states.removeValue(forKey: id)
    }

    /// Forgets all streams.
    ///
    /// - Returns: what they were for, in the order of their numbers.
    mutating func removeAll() -> [(YamuxStreamID, StreamState)] {
        let all = self.states.sorted { $0.key.rawValue < $1.key.rawValue }
        self = StreamTable()
        return all.map { ($0.key, $0.value) }
    }

    func count(where isCounted: (StreamState) -> Bool) -> Int {
        self.states.values.count(where: isCounted)
    }

    // MARK: Time

    /// Sets until when a stream has to be done.
    ///
    /// - Returns: when to look for late streams; nil when that is known already.
    mutating func limit(_ id: YamuxStreamID, to deadline: NIODeadline) -> NIODeadline? {
        self.deadlines.set(deadline, for: id)
        if let nextLook = self.nextLook, nextLook <= deadline { return nil }
        self.nextLook = deadline
        return deadline
    }

    /// Lets a stream take its time.
    mutating func unlimit(_ id: YamuxStreamID) { self.deadlines.remove(id) }

    /// The streams that are late, which may be so once.
    mutating func takeLate(at now: NIODeadline) -> [YamuxStreamID] {
        self.deadlines.takeLate(at: now)
    }

    /// When to look for late streams after a look; nil when none can be late.
    mutating func looked() -> NIODeadline? {
        self.nextLook = self.deadlines.next
        return self.nextLook
    }
}
