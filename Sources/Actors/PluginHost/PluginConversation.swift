package import Messages
package import Primitives

/// The name that a child gave a request: JSON-RPC allows numbers and texts.
package enum PluginCallID: Sendable, Hashable {
    case number(Int64)
    case text(String)
}

/// A message as children hear of it.
package struct PluginEvent: Sendable {
    /// Position in the log; nil for a message that is not in it yet.
    package let sequence: UInt64?
    package let admitted: AdmittedMessage
    /// The payload is too large and left out.
    package let isCut: Bool
}

/// What the node says to a child.
package enum PluginSaying: Sendable {
    /// What are you?
    case describe(Int64)
    /// Begin.
    case begin(Int64, sequence: UInt64)
    case judge(Int64, PluginEvent)
    /// Answer an operation, named without the plug-in's name.
    case query(Int64, operation: String, arguments: JSONValue)
    case event(PluginEvent)
    /// So many events were dropped because the child did not read them.
    case gap(Int)
    /// A message that the child published is in the log.
    case published(PluginCallID, MessageID)
    /// A request of the child is refused.
    case refused(PluginCallID, code: String, detail: String)
}

/// What a child says to the node.
package enum PluginUtterance: Sendable {
    /// The answer to a question.
    case result(Int64, JSONValue)
    /// It cannot answer a question.
    case failure(Int64, String)
    /// Send a message of its type.
    case publish(PluginCallID, JSONValue)
    /// Perform an operation of the node's table.
    case call(PluginCallID, operation: String, arguments: JSONValue)
    /// A request that nobody knows.
    case unknown(PluginCallID?, method: String)
    /// No part of the conversation; its beginning.
    case stray(String)
}
