import Messages
import Primitives

/// What this node's own people may not send although the protocol lets it through: others would see a
/// list with holes, tags that nobody finds, or nothing at all.
extension APICall {
    /// Why a request would be over before anybody hears of it; nil when it would not.
    ///
    /// No list shows one that is over, and a week later no node knows it any more.
    func lapse(now: Timestamp) -> APIResponse? {
        guard case .publish(.request, let payload) = self,
            let end = payload["expires"]?.integer.map({ Timestamp(milliseconds: $0) }), end <= now
        else { return nil }
        let detail = "`expires` lies in the past; leave it out, or name a moment that is to come"
        return APIResponse(status: 422, code: "already_over", detail: detail)
    }

    /// Which text of the call has no form that is sent; nil when all have.
    var flaw: APIResponse? {
        let flaw: String? =
            switch self {
            case .publish(.request, let payload): Self.flaw(inHeadOf: payload)
            case .publish(.propose, let payload):
                Self.flaw(inHeadOf: payload) ?? ProposalForm.flaw(of: payload)
            case .publish(.comment, let payload): Self.flaw(ofComment: payload["body"]?.string)
            case .share(let share): Self.flaw(of: share.tags)
            case .replicate(let wanted): Self.flaw(of: wanted.content.tags)
            default: nil
            }
        return flaw.map { APIResponse(status: 422, code: "bad_text", detail: $0) }
    }

    private static func flaw(inHeadOf payload: JSONValue) -> String? {
        Self.flaw(ofTitle: payload["title"]?.string)
            ?? Self.flaw(of: payload["tags"]?.elements?.compactMap(\.string) ?? [])
    }

    private static func flaw(ofTitle title: String?) -> String? {
        guard let title else { return nil }
        let allowed = "a title is one line of at most \(APILimits.titleBytesMax) bytes"
        if title.isBlank { return "the title is empty; \(allowed)" }
        guard title.unicodeScalars.contains(where: \.isLineEnd) else { return nil }
        return "the title has line breaks; \(allowed)"
    }

    private static func flaw(ofComment body: String?) -> String? {
        guard let body, body.isBlank else { return nil }
        return
            "the comment is empty; a comment is a text of at most \(APILimits.bodyBytesMax) bytes"
    }

    private static func flaw(of tags: [String]) -> String? {
        tags.first { !$0.isTag }.map { tag in
            "`\(tag)` is no tag; a tag has lower-case letters, digits and any of - _ . + # : /, and no "
                + "spaces"
        }
    }
}

extension String {
    /// Whether nobody sees anything of it.
    fileprivate var isBlank: Bool {
        self.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
                || scalar.properties.generalCategory == .control
        }
    }

    /// Whether it is written as tags are (§7), in whatever script.
    fileprivate var isTag: Bool {
        !self.isEmpty
            && self.unicodeScalars.allSatisfy { scalar in
                let isWord =
                    switch scalar.properties.generalCategory {
                    case .lowercaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                        .nonspacingMark, .spacingMark:
                        true
                    default: false
                    }
                return isWord || "-_.+#:/".unicodeScalars.contains(scalar)
            }
    }
}

extension Unicode.Scalar {
    /// Whether it begins another line.
    fileprivate var isLineEnd: Bool {
        switch self.value {
        case 0x0a...0x0d, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
