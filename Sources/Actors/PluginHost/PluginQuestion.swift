import Doors
import Kernel
import Messages
import OrderedCollections
import Primitives

/// A question that a child has not answered yet.
struct PluginQuestion: Sendable {
    enum Purpose: Sendable {
        case description
        case beginning
        case judgement(JudgePluginMessage)
        case operation(Operation, ReplyAddress<AskPlugin>)
    }

    let purpose: Purpose
    let deadline: Timestamp
}

/// The open questions to one child.
struct PluginQuestions: Sendable {
    private var open: OrderedDictionary<Int64, PluginQuestion> = [:]
    private var next: Int64 = 1

    var hasRoom: Bool { self.open.count < PluginHostLimits.pendingMax }

    /// When the first one has waited too long.
    var deadline: Timestamp? { self.open.values.map(\.deadline).min() }

    /// Notes a question and names it.
    mutating func add(_ purpose: PluginQuestion.Purpose, until deadline: Timestamp) -> Int64 {
        let id = self.next
        self.next += 1
        self.open[id] = PluginQuestion(purpose: purpose, deadline: deadline)
        return id
    }

    /// The question that an answer names; nil when it is not open.
    mutating func take(_ id: Int64) -> PluginQuestion? { self.open.removeValue(forKey: id) }

    /// Whether it was asked at all, so that an answer only comes late.
    func wasAsked(_ id: Int64) -> Bool { (1..<self.next).contains(id) }

    /// Takes those that have waited too long.
    mutating func expire(now: Timestamp) -> [PluginQuestion] {
        let late = self.open.filter { $0.value.deadline <= now }
        for id in late.keys { self.open[id] = nil }
        return Array(late.values)
    }

    /// Takes all.
    mutating func clear() -> [PluginQuestion] {
        defer { self.open = [:] }
        return Array(self.open.values)
    }
}
