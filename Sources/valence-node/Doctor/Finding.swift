import Primitives

/// What the doctor found about one thing.
struct Finding {
    enum State: String {
        case ok
        /// It works, but not as well as it could.
        case warning
        case failed
    }

    let subject: String
    let state: State
    /// What is there; where it is not well, cause and next step.
    let detail: String

    init(_ subject: String, _ state: State, _ detail: String) {
        self.subject = subject
        self.state = state
        self.detail = detail
    }

    var json: JSONValue {
        .object([
            ("subject", .string(self.subject)), ("state", .string(self.state.rawValue)),
            ("detail", .string(self.detail)),
        ])
    }
}
