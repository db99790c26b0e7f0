/// Bounds of what is said over MCP.
///
/// All that a server says of itself stands in the context of a model for the whole of its work, and each answer for
/// the rest of it. So there are few tools, in few words, and long answers come in pages.
package enum MCPLimits {
    /// Tools.
    ///
    /// Source: own choice (ADR 0055): what an agent needs from an inbox to an adoption, and one that is plugged in.
    package static let toolsMax = 15

    /// Bytes of the list of tools.
    ///
    /// Source: own choice (ADR 0055): 4,000 tokens.
    package static let toolListBytesMax = 16_384

    /// Bytes of the instructions.
    ///
    /// Source: own choice (ADR 0055): 500 tokens.
    package static let instructionsBytesMax = 2_048

    /// Bytes of one answer of a tool, as JSON; what is left comes with its cursor.
    ///
    /// Source: own choice (ADR 0055): 2,000 tokens.
    package static let resultBytesMax = 8_192

    /// Bytes of a text, or of a member of an answer, that is not divided between pages.
    ///
    /// Source: own choice: a quarter of an answer, so that most comments and votes stay in one piece.
    static let pieceBytesMax = 2_048

    /// Entries of a list in an answer of a tool, unless the caller says how many.
    ///
    /// Source: own choice: as many as usually fit into one answer.
    static let listedStandard: Int64 = 10

    /// Bytes of a resource.
    ///
    /// Source: own choice: as large as any other answer of the local API may be.
    package static let resourceBytesMax = 1_048_576

    /// How long a client may keep what this node says of itself, in milliseconds.
    ///
    /// Source: own choice: it changes with a restart alone.
    static let catalogueMilliseconds: Int64 = 300_000

    /// Bytes of one message on standard input.
    ///
    /// Source: D-17: no payload is longer.
    package static let messageBytesMax = 8_388_608

    /// Subscriptions of one listener.
    ///
    /// Source: own choice: an agent watches its inbox and what it has just said.
    package static let watchedMax = 16
}
