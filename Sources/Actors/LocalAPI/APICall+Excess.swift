import Messages
import Primitives

/// What this node's own people may send: far less than the protocol lets through, since every node
/// keeps it.
extension APICall {
    /// Why a text of the call is too long to be sent; nil when none is.
    var excess: APIResponse? {
        switch self {
        case .publish(_, let payload): Self.excess(in: payload)
        case .vote(_, _, let reason?): Self.excess("reason", reason, APILimits.reasonBytesMax)
        default: nil
        }
    }

    private static let limits = [
        ("title", APILimits.titleBytesMax), ("label", APILimits.titleBytesMax),
        ("body", APILimits.bodyBytesMax), ("reason", APILimits.reasonBytesMax),
    ]

    private static func excess(in payload: JSONValue) -> APIResponse? {
        for (member, bytesMax) in Self.limits {
            guard let text = payload[member]?.string else { continue }
            if let excess = Self.excess(member, text, bytesMax) { return excess }
        }
        return (payload["tags"]?.elements ?? []).lazy.compactMap(\.string)
            .compactMap { Self.excess("a tag", $0, APILimits.tagBytesMax) }.first
    }

    private static func excess(_ member: String, _ text: String, _ bytesMax: Int) -> APIResponse? {
        let count = text.utf8.count
        guard count > bytesMax else { return nil }
        let detail =
            "\(member) has \(count) bytes; at most \(bytesMax) are sent, put more into an artefact"
        return APIResponse(status: 422, code: "too_long", detail: detail)
    }
}
