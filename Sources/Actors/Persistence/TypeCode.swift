import Messages

/// Stable numbers of message types in keys and records; a number is never given twice.
enum TypeCode {
    /// Facts have no type.
    static let fact: UInt16 = 0
    /// Types that this node does not know.
    static let unknown: UInt16 = 0xFFFF

    /// Index plus one is the code; append only.
    private static let names = [
        "AUTH_CHALLENGE", "AUTH_RESPONSE", "PEER_ANNOUNCE", "PEER_LIST_REQUEST",
        "PEER_LIST_RESPONSE", "SYNC_REQUEST", "SYNC_RESPONSE", "REQUEST", "PROPOSE", "WITHDRAW",
        "ADOPT", "VOTE", "REPUTATION_GOSSIP", "STORAGE_CHALLENGE", "STORAGE_PROOF", "COPY_QUERY",
        "COPY_QUERY_RESPONSE", "KEY_ROTATE", "KEY_CONFLICT", "DID_LINK", "DID_REVOKE",
        "CHALLENGE_RESULT", "SHARE", "REPLICATE_REQUEST", "REPLICATE_ACCEPT", "COPY_ASSIGNMENT",
        "COPY_RECEIVED", "CONTENT_REQUEST", "CONTENT_RESPONSE", "FLAG", "COMMENT", "RENT_PAYMENT",
        "RENT_TRANSFER", "RENT_TRANSFER_ACK", "CONTENT_WITHDRAW", "STATE_SNAPSHOT",
        "REPUTATION_CURRENT", "DID_DOCUMENT",
    ]

    private static let codes: [String: UInt16] = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, UInt16(truncatingIfNeeded: $0 + 1)) }
    )

    /// The code of a type; ``unknown`` for none.
    static func of(_ type: MessageType?) -> UInt16 {
        guard let type else { return unknown }
        return codes[type.rawValue] ?? unknown
    }
}
