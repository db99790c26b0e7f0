import Kernel
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum PluginAction: Sendable {
    case start(Int, run: Int)
    case say(PluginSaying, to: Int)
    case proceed(Int)
    case end(Int)
    /// Perform an operation of the node's table for a child.
    case call(String, JSONValue, as: PluginCallID, for: Int)
    /// Tell the operator.
    case tell(String, of: Int)
    /// The message is taken.
    case accept(JudgePluginMessage)
    case refuse(JudgePluginMessage, Refusal)
    /// Answer who asked.
    case reply(AskPlugin.Reply, to: ReplyAddress<AskPlugin>)
    /// Have Identity sign and send a message.
    case publish(PublishExtension)
    case wake(at: Timestamp)
}
