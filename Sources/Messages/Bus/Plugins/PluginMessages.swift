package import Doors
package import Kernel
package import Primitives

/// Last hop for a type that a child process owns (ADR 0058); the host says what becomes of the message.
package struct JudgePluginMessage: Command {
    /// Who receives it.
    package static var receiver: SubsystemName { .pluginHost }
    /// The message to judge.
    package let admitted: AdmittedMessage
    /// Hands a message to its judge.
    package init(admitted: AdmittedMessage) { self.admitted = admitted }

    /// What the host says of a message that is taken.
    package var accepted: MessageAccepted { MessageAccepted(admitted: self.admitted) }

    /// What the host says of a message that is not.
    package func refused(_ refusal: Refusal) -> MessageRefused {
        MessageRefused(origin: self.admitted.origin, id: self.admitted.message.id, refusal: refusal)
    }
}

/// Why a plug-in does not answer.
package struct PluginFailure: Error, Sendable, Equatable {
    /// The cause, for programs.
    package enum Code: String, Sendable, CaseIterable {
        /// It does not run, or has too much to do.
        case down = "plugin_down"
        /// It did not answer in time.
        case late = "plugin_late"
        /// Its answer is not of the form that it declared.
        case wrong = "plugin_wrong"
        /// It says no.
        case refused = "plugin_refused"

        /// The same as callers see it.
        package var refusal: Operation.Refusal {
            switch self {
            case .down: .init(503, self.rawValue)
            case .late: .init(504, self.rawValue)
            case .wrong: .init(502, self.rawValue)
            case .refused: .init(422, self.rawValue)
            }
        }
    }

    package let code: Code
    /// In words.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// Have a plug-in answer one of its operations.
package struct AskPlugin: Procedure {
    package static var answerer: SubsystemName { .pluginHost }
    /// What it answers.
    package struct Reply: BusMessage {
        package let result: Result<JSONValue, PluginFailure>
        package init(_ result: Result<JSONValue, PluginFailure>) { self.result = result }
    }
    /// The name of the operation.
    package let operation: String
    /// Arguments that are well formed.
    package let arguments: JSONValue
    /// Asks.
    package init(operation: String, arguments: JSONValue) {
        self.operation = operation
        self.arguments = arguments
    }
}

/// What a plug-in says of a message.
package enum PluginVerdict: Sendable, Equatable {
    case accept
    case refuse(reason: String)

    /// Most bytes of a reason that go further.
    ///
    /// Source: own choice: a line.
    private static let reasonBytesMax = 280

    /// Reads an answer; nil when it is none.
    package init?(_ value: JSONValue) {
        switch value["verdict"]?.string {
        case "accept": self = .accept
        case "refuse":
            let reason = value["reason"]?.string ?? "it breaks a rule of the plug-in"
            // A letter may have any number of bytes.
            let bytes = reason.utf8.prefix(Self.reasonBytesMax)
            self = .refuse(reason: String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
    }
}

extension RequestID {
    /// Names a message that a plug-in publishes; requests of the local API count from one and never reach
    /// these numbers.
    package static func plugin(_ number: UInt64) -> RequestID {
        RequestID(rawValue: 1 << 63 | number)
    }
}
