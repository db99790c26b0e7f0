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
    /// The address and the step of a dial that it is about; nil for anything else.
    let dial: (address: String, step: String)?
    let state: State
    /// What is there; where it is not well, cause and next step.
    let detail: String

    init(
        _ subject: String,
        _ state: State,
        _ detail: String,
        of dial: (address: String, step: String)? = nil
    ) {
        self.subject = subject
        self.dial = dial
        self.state = state
        self.detail = detail
    }

    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("subject", .string(self.subject)), ("state", .string(self.state.rawValue)),
            ("detail", .string(self.detail)),
        ]
        if let dial {
            members += [("address", .string(dial.address)), ("step", .string(dial.step))]
        }
        return .object(members)
    }
}
