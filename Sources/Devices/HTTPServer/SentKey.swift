import Doors
import HTTPTypes
import Hummingbird
import Primitives

/// What a caller sent to have its request recognised by when it comes again (ADR 0060).
struct SentKey {
    private let caller: String
    private let text: String

    /// Reads the field of a request; nil without one.
    init?(_ request: Request, of caller: String) throws(RefusedRequest) {
        guard let field = HTTPField.Name(IdempotencyKey.field) else { return nil }
        let values = request.headers[values: field]
        guard let text = values.first else { return nil }
        guard values.count == 1, IdempotencyKey.isValid(text) else {
            throw RefusedRequest.badKey
        }
        self.caller = caller
        self.text = text
    }

    /// What the request is recognised by.
    ///
    /// - Parameters:
    ///   - operation: what is asked for.
    ///   - arguments: with what.
    ///   - artefact: the hash of what came as the body, for uploads.
    ///   - mediaType: what that says to be.
    /// - Returns: the key.
    func key(
        _ operation: Operation,
        _ arguments: JSONValue,
        artefact: ContentHash? = nil,
        of mediaType: String? = nil
    ) -> RequestKey {
        let content = JSONValue.object([
            ("operation", .string(operation.name)), ("arguments", arguments),
            ("artefact", artefact.shown), ("media_type", mediaType.shown),
        ])
        return RequestKey(self.text, of: self.caller, askingFor: content.canonicalBytes())
    }
}

extension IncomingRequest {
    /// What the caller sent to have this request recognised by; nil when it sent nothing.
    var key: SentKey? {
        get throws(RefusedRequest) { try SentKey(self.request, of: self.caller.name) }
    }
}
