import Primitives

// Governance keeps every request, proposal and comment for ever, and each may have 8 MiB (D-17): its
// state holds outlines, and who wants a whole text reads the log.
extension Message {
    /// Members that an outline keeps; their number and form are bounded by the schemas.
    private static let outlineMembers: [String] = [
        "title", "body", "tags", "expires", "description", "content_hash", "content_type",
        "content_size", "content_url", "request_id", "supersedes", "claims", "tier", "eol",
        "voting_deadline", "resolution", "proposal_id", "stance", "reason", "sync_status",
        "success", "notes", "target_id", "parent_comment_id", "kind", "subject", "successor",
        "message_id", "name", "value", "statement", "verifiable", "evidence",
    ]

    /// Who said what and when, with long texts cut and without inline artefacts and unknown members.
    ///
    /// It counts and shows like the message, but it cannot be checked, stored or relayed. Messages
    /// of at most ``WireLimits/wholeBytesMax`` stay as they are, so do types that governance does
    /// not keep.
    public var outline: Message {
        switch self.payload {
        case .request, .propose, .withdraw, .vote, .adopt, .comment: break
        default: return self
        }
        guard self.canonical.count > WireLimits.wholeBytesMax,
            let whole = try? JSONDocument(scanning: self.payloadJSON)
        else { return self }
        let bytes = Self.cut(whole.root).canonicalBytes()
        guard let document = try? JSONDocument(scanning: bytes),
            let payload = try? Payload(
                type: self.type,
                decoding: document.root,
                timestamp: self.timestamp
            )
        else { return self }
        return Message(
            id: self.id,
            from: self.from,
            timestamp: self.timestamp,
            version: self.version,
            typeName: self.typeName,
            type: self.type,
            payload: payload,
            signature: self.signature,
            canonical: bytes,
            payloadRange: bytes.indices
        )
    }

    /// Whether something was cut; the log holds the whole message.
    public var isOutline: Bool { self.payloadRange == self.canonical.indices }

    /// What an outline keeps of a value; nothing else of it is unfolded in memory.
    private static func cut(_ view: JSONView) -> JSONValue {
        switch view.kind {
        case .string: .string(Self.cut(view.string ?? ""))
        case .array:
            .array((view.elements ?? []).prefix(WireLimits.outlineElementsMax).map { Self.cut($0) })
        case .object: .object(Self.outlineMembers.compactMap { Self.member($0, of: view) })
        case .null, .bool, .integer: view.value
        }
    }

    private static func member(_ key: String, of view: JSONView) -> JSONMember? {
        view[key].map { JSONMember(key: key, value: Self.cut($0)) }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > WireLimits.outlineTextBytesMax else { return text }
        let room = WireLimits.outlineTextBytesMax - Self.ellipsis.utf8.count
        var bytes = 0
        let kept = text.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= room
        }
        return String(Substring(kept)) + Self.ellipsis
    }

    private static let ellipsis = "…"
}
