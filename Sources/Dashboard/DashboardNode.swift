package import Kernel
package import Primitives

/// The node behind the pages: it performs operations of the table, and shows its bus.
package protocol DashboardNode: Sendable {
    /// Performs an operation that tells something.
    ///
    /// - Parameters:
    ///   - operation: its name.
    ///   - arguments: an object.
    /// - Returns: what the local API answers.
    func perform(_ operation: String, _ arguments: JSONValue) async -> DashboardAnswer

    /// Who sends what to whom on its bus.
    var topology: TopologyGraph { get }
    /// What mailboxes have seen up to now.
    var mailboxes: [SubsystemCounters] { get }
}

/// What the local API answers.
package struct DashboardAnswer: Sendable {
    /// The status of HTTP.
    let status: Int
    /// The answer, or a problem document.
    let body: JSONValue

    package init(status: Int, body: JSONValue) {
        self.status = status
        self.body = body
    }
}

/// Asks the node for one page, and remembers what it was not told.
///
/// It is used by one task alone.
struct Inquiry {
    private let node: any DashboardNode
    /// Why something is missing on the page.
    private(set) var flaws: [String] = []
    /// The most telling status: that of the first question that failed.
    private(set) var failure: Int?

    init(_ node: any DashboardNode) { self.node = node }

    /// The answer; an empty object where there is none.
    mutating func ask(_ operation: String, _ arguments: [(String, JSONValue)] = []) async
        -> JSONValue
    {
        let answer = await self.node.perform(operation, .object(arguments))
        guard answer.status >= 400 else { return answer.body }
        // A problem of readiness is the answer to the question.
        if answer.body["checks"] != nil { return answer.body }
        let detail = answer.body["detail"]?.string ?? "the node did not answer"
        if !self.flaws.contains(detail) { self.flaws.append(detail) }
        if self.failure == nil { self.failure = answer.status }
        return .emptyObject
    }
}
