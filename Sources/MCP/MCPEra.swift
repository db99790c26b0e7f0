import Primitives

/// The two ways in which clients speak.
package enum MCPEra: Sendable, Equatable {
    /// Each request says its revision and what its client can do.
    case modern
    /// A handshake came before; it is remembered by the client alone.
    case legacy

    /// The revision that needs no handshake.
    ///
    /// Source: modelcontextprotocol.io, revision 2026-07-28, Versioning.
    package static let modernVersion = "2026-07-28"

    /// Revisions with a handshake, the newest first.
    ///
    /// Source: revisions 2025-11-25 and 2025-06-18. Those before had batches and other ways over HTTP.
    package static let legacyVersions = ["2025-11-25", "2025-06-18"]

    static let versionKey = "io.modelcontextprotocol/protocolVersion"
    static let capabilitiesKey = "io.modelcontextprotocol/clientCapabilities"
    static let subscriptionKey = "io.modelcontextprotocol/subscriptionId"
    static let serverKey = "io.modelcontextprotocol/serverInfo"

    /// Requests that only modern clients send.
    private static let modernMethods = ["server/discover", "subscriptions/listen"]

    /// How the sender of a request speaks.
    ///
    /// - Parameters:
    ///   - request: what came.
    ///   - header: what HTTP says the revision is; nil without it.
    init(of request: RPCRequest, header: String?) {
        let saysVersion = request.meta?[Self.versionKey] != nil
        let isNewHeader = header.map { !Self.legacyVersions.contains($0) } ?? false
        let isModernMethod = Self.modernMethods.contains(request.method)
        self =
            saysVersion || isModernMethod || (isNewHeader && request.method != "initialize")
            ? .modern : .legacy
    }

    /// What is wrong with what a modern request says of itself; nil when nothing is.
    ///
    /// Source: revision 2026-07-28, Base Protocol, `_meta`.
    static func flaw(of request: RPCRequest) -> RPCError? {
        guard let meta = request.meta, let version = meta[Self.versionKey]?.string else {
            return .invalidParams("params._meta lacks \(Self.versionKey)", status: 400)
        }
        guard version == Self.modernVersion else { return .unsupported(version) }
        guard meta[Self.capabilitiesKey]?.members != nil else {
            return .invalidParams("params._meta lacks \(Self.capabilitiesKey)", status: 400)
        }
        return nil
    }
}
