import Foundation

/// A conversation with the node that started this program: JSON-RPC 2.0, one object a line.
///
/// Everything runs on the thread that reads, so that nothing has to be guarded: an answer of the node leads to what
/// was left for it.
final class Conversation {
    typealias Object = [String: Any]
    /// What the node answered, or why it refused.
    enum Outcome {
        case answer(Object)
        case refusal(code: String, detail: String)
    }

    /// Why a question of the node is refused.
    struct Refusal: Error { let detail: String }

    private var waiting: [Int: (Outcome) -> Void] = [:]
    private var next = 1

    /// Asks the node for an operation of its table.
    func call(_ operation: String, _ arguments: Object, then go: @escaping (Outcome) -> Void) {
        let id = self.next
        self.next += 1
        self.waiting[id] = go
        self.say([
            "id": id, "method": "call",
            "params": ["operation": operation, "arguments": arguments] as Object,
        ])
    }

    /// Talks until the node ends the conversation.
    ///
    /// - Parameters:
    ///   - answer: what a question is answered with.
    ///   - hear: takes an event.
    func run(
        answer: (_ method: String, _ parameters: Object) throws -> Object,
        hear: (_ event: Object) -> Void
    ) {
        while let line = readLine() {
            guard
                let said = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? Object
            else { continue }
            let parameters = said["params"] as? Object ?? [:]
            switch (said["method"] as? String, said["id"] as? Int) {
            case ("shutdown"?, _): return
            case ("event"?, nil): hear(parameters)
            case (let method?, let id?): self.reply(id) { try answer(method, parameters) }
            case (nil, let id?): self.end(id, said)
            default: break
            }
        }
    }

    private func reply(_ id: Int, _ work: () throws -> Object) {
        do {
            self.say(["id": id, "result": try work()])
        } catch {
            let detail = (error as? Refusal)?.detail ?? "\(error)"
            self.say(["id": id, "error": ["code": -32_000, "message": detail] as Object])
        }
    }

    private func end(_ id: Int, _ said: Object) {
        guard let go = self.waiting.removeValue(forKey: id) else { return }
        guard let error = said["error"] as? Object else {
            return go(.answer(said["result"] as? Object ?? [:]))
        }
        let code = (error["data"] as? Object)?["code"] as? String ?? "failed"
        go(.refusal(code: code, detail: error["message"] as? String ?? ""))
    }

    private func say(_ members: Object) {
        var line = members
        line["jsonrpc"] = "2.0"
        guard let data = try? JSONSerialization.data(withJSONObject: line) else { return }
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }
}
