/// One condition under which a node serves: what it is now, and what it must be.
package struct HealthCheck: Record, Equatable {
    package let name: String
    package let isMet: Bool
    package let current: String
    package let required: String

    /// States a condition.
    ///
    /// - Parameters:
    ///   - name: stable, in lower case.
    ///   - isMet: whether the node serves as far as this goes.
    ///   - current: what it is now.
    ///   - required: what it must be.
    package init(_ name: String, isMet: Bool, current: String, required: String) {
        self.name = name
        self.isMet = isMet
        self.current = current
        self.required = required
    }

    package static let about = "One condition under which the node serves."
    package static let fields: [Field<HealthCheck>] = [
        Field("name", "What is looked at; it never changes.") { $0.name }.inOwnWords,
        Field("ok", "Whether it is as it must be.") { $0.isMet },
        Field("current", "What it is now.") { $0.current }.inOwnWords,
        Field("required", "What it must be.") { $0.required }.inOwnWords,
    ]
}
