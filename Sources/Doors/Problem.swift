package import Primitives

/// Why a request does not succeed (RFC 9457).
package struct Problem: Record {
    private let status: Int
    private let code: String
    private let detail: String
    private let retryAt: Timestamp?
    private let message: MessageID?
    private let rule: String?
    private let remedy: String?
    private let checks: [HealthCheck]?

    /// - Parameters:
    ///   - status: HTTP status code, 400 or above.
    ///   - code: stable, machine-readable.
    ///   - detail: cause and next step in words.
    ///   - retryAt: from when on the same call may succeed, if that is known.
    ///   - message: the message that was signed and refused, if it came to that.
    ///   - rule: the rule of the network that it breaks, if it is one.
    ///   - remedy: what can be done about it in general, if that is known.
    ///   - checks: the conditions of which one is not met, if it is about the node as a whole.
    package init(
        status: Int,
        code: String,
        detail: String,
        retryAt: Timestamp? = nil,
        message: MessageID? = nil,
        rule: String? = nil,
        remedy: String? = nil,
        checks: [HealthCheck]? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAt = retryAt
        self.message = message
        self.rule = rule
        self.remedy = remedy
        self.checks = checks
    }

    /// What to do, as a detail says it: behind its last semicolon; nil where it names the cause alone.
    package static func next(in detail: String) -> String? {
        detail.ranges(of: "; ").last.map { String(detail[$0.upperBound...]) }
    }

    package static let about = "Why a request does not succeed, as in RFC 9457."
    package static let fields: [Field<Problem>] = [
        .formed("type", "Always `about:blank`.", .text) { _ in "about:blank".shown }.inOwnWords,
        Field("title", "The code in words.") {
            $0.code.split(separator: "_").joined(separator: " ")
        }.inOwnWords,
        Field("status", "The HTTP status code.") { $0.status },
        Field("code", "The cause for programs; it never changes.") { $0.code }.inOwnWords,
        Field("detail", "The cause and the next step, in words.") { $0.detail }.inOwnWords,
        .ifAny("retry_at", "From when on the same may succeed.") { $0.retryAt },
        .ifAny("message_id", "The message that was signed and refused; `explain` tells of it.") {
            $0.message
        },
        .ifAny("rule", "The rule of the network that it breaks.") { $0.rule }.inOwnWords,
        .ifAny("remedy", "What can be done about it.") { $0.remedy }.inOwnWords,
        .ifAny("checks", "The conditions under which the node serves.") { $0.checks },
    ]
}
