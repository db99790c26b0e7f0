import Messages
import Primitives

extension LeaveContract.Deed {
    /// The message that does it.
    var type: MessageType {
        switch self {
        case .withdraw: .contentWithdraw
        case .transfer: .rentTransfer
        }
    }

    var json: JSONValue {
        switch self {
        case .withdraw(let message): message.json
        case .transfer(let message): message.json
        }
    }
}
