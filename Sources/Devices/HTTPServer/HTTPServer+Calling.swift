package import Doors
import HTTPTypes
import LocalAPI
package import Primitives

/// What came of an operation that was asked for by its name.
enum NamedOutcome {
    /// The node was asked.
    case answered(APIResponse, APICall, Operation)
    /// It was not.
    case refused(RefusedRequest)
}

// Callers that name operations, such as plug-ins and agents: the same table, the same scopes and the same
// answers as at every other door.
extension HTTPServer {
    /// Performs an operation of the table.
    ///
    /// - Parameters:
    ///   - name: the operation.
    ///   - arguments: an object.
    ///   - scope: what the caller may do.
    ///   - sent: what an act is recognised by when it is asked for again (ADR 0060).
    /// - Returns: what came of it.
    func perform(
        named name: String,
        _ arguments: JSONValue,
        scope: Operation.Scope,
        _ sent: SentKey? = nil
    ) async -> NamedOutcome {
        let endpoint = self.endpoints.first { $0.operation.name.utf8.elementsEqual(name.utf8) }
        guard let endpoint, endpoint.operation.kind != .upload else {
            return .refused(.unknownOperation(name))
        }
        let operation = endpoint.operation
        guard scope >= operation.scope else { return .refused(.scope(operation.scope)) }
        let call: APICall
        do throws(ArgumentFlaw) {
            call = try endpoint.call(with: arguments)
        } catch {
            return .refused(.unclear(error.detail))
        }
        let key = operation.kind == .read ? nil : sent?.key(operation, arguments)
        return .answered(await self.perform(call, key), call, operation)
    }

    /// Performs an operation of the table for a plug-in.
    ///
    /// - Parameters:
    ///   - name: the operation.
    ///   - arguments: an object.
    ///   - scope: what the caller may do.
    /// - Returns: the status of HTTP, and the answer or a problem document.
    package func call(
        _ name: String,
        _ arguments: JSONValue,
        scope: Operation.Scope
    ) async -> (status: Int, body: JSONValue) {
        switch await self.perform(named: name, arguments, scope: scope) {
        case .answered(let answer, _, _): (answer.status, answer.body)
        case .refused(let refusal): (refusal.status.code, refusal.problem.shown)
        }
    }

    /// Asks every subsystem for its state, without what takes longer the more the node holds.
    ///
    /// - Returns: the status of HTTP, and a status report without digests or a problem document.
    package func pulse() async -> (status: Int, body: JSONValue) {
        let answer = await self.perform(.briefStatus)
        return (answer.status, answer.body)
    }
}

extension RefusedRequest {
    /// The same as a document.
    var problem: Problem {
        Problem(status: self.status.code, code: self.code, detail: self.detail)
    }

    fileprivate static func unknownOperation(_ name: String) -> RefusedRequest {
        RefusedRequest(
            status: .notFound,
            code: "unknown_operation",
            detail: "this node has no operation `\(name)` that takes an object; see /openapi.json"
        )
    }
}
