import Doors
import Kernel
import Messages
import Primitives

/// The right to put a question of a plugged-in subsystem that the local API serves.
struct PluggedRead: Sendable {
    let place: PluggedPlace
    /// Whether the subsystem is plugged in; known after the boot.
    let isConnected: @Sendable () -> Bool
    let answerer: SubsystemName

    private init<Q: ServedQuery>(_ type: Q.Type, _ boot: borrowing Boot) {
        let asker = boot.asks(type, about: RequestID.self)
        let endpoint = Q.endpoint
        self.place = PluggedPlace(name: endpoint.operation.name) {
            arguments throws(ArgumentFlaw) in
            let question = try endpoint.call(with: arguments)
            return PluggedQuestion(answerer: Q.answerer) { id, outbox in
                APIQuestions.put(question, asker, id, &outbox)
            }
        }
        self.answerer = Q.answerer
        self.isConnected = { asker.isConnected }
    }

    /// The right to have a child process answer an operation.
    private init(_ operation: Operation, _ asker: Asker<AskPlugin, RequestID>) {
        self.place = PluggedPlace(name: operation.name) { arguments throws(ArgumentFlaw) in
            if let flaw = operation.schema.flaw(of: arguments) { throw ArgumentFlaw(flaw) }
            let question = AskPlugin(operation: operation.name, arguments: arguments)
            return PluggedQuestion(answerer: AskPlugin.answerer) { id, outbox in
                APIQuestions.put(question, asker, id, &outbox)
            }
        }
        self.answerer = AskPlugin.answerer
        self.isConnected = { asker.isConnected }
    }

    static func all(_ extensions: Extensions, _ boot: borrowing Boot) -> [PluggedRead] {
        var reads: [PluggedRead] = []
        for type in extensions.reads { reads.append(PluggedRead(type, boot)) }
        guard !extensions.childOperations.isEmpty else { return reads }
        let asker = boot.asks(AskPlugin.self, about: RequestID.self)
        return reads + extensions.childOperations.map { PluggedRead($0, asker) }
    }
}
