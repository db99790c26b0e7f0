package import Doors
package import Kernel
import Primitives

/// The plug-ins of the node and how they do.
package struct Plugins: ServedQuery {
    package static var answerer: SubsystemName { .pluginHost }
    package static let endpoint = Endpoint(
        "plugins",
        .read,
        path: "\(Extensions.pathPrefix)plugins",
        summary: "The plug-ins of this node, what they use and how often they failed.",
        answers: .record(Reply.self)
    ) { Plugins() }

    /// All of them, in the order of their names.
    package struct Reply: BusMessage, Record {
        /// One of them.
        package struct Plugin: Sendable {
            package var name: String
            package var version: String
            package var scope: Operation.Scope
            package var state: String
            /// What it needs of the machine.
            package var usage: PluginUsage
            package var tally: PluginTally
            package var lastProblem: String?

            package init(
                name: String,
                version: String,
                scope: Operation.Scope,
                state: String,
                usage: PluginUsage,
                tally: PluginTally,
                lastProblem: String?
            ) {
                self.name = name
                self.version = version
                self.scope = scope
                self.state = state
                self.usage = usage
                self.tally = tally
                self.lastProblem = lastProblem
            }
        }

        package let plugins: [Plugin]
        package init(plugins: [Plugin]) { self.plugins = plugins }

        package static let about = "The plug-ins of this node."
        package static let fields: [Field<Reply>] = [
            Field("plugins", "In the order of their names.") { $0.plugins }
        ]
    }

    package init() {}
}

/// The same for the report on the whole node.
package struct PluginStatus: Query {
    package static var answerer: SubsystemName { .pluginHost }
    /// The plug-ins.
    package struct Reply: BusMessage {
        package let plugins: Plugins.Reply
        package init(plugins: Plugins.Reply) { self.plugins = plugins }
    }
    package init() {}
}

/// What a process uses, as the system measures it.
package struct PluginUsage: Sendable, Equatable {
    /// Its number; nil while none runs.
    package var process: Int32?
    /// Resident memory in bytes.
    package var memoryBytes: Int64 = 0
    /// Processor time since its start, in milliseconds.
    package var processorMilliseconds: Int64 = 0

    package init() {}
}

/// What became of what was asked of a plug-in since the node started.
package struct PluginTally: Sendable, Equatable {
    package var starts = 0
    package var eventsSent = 0
    package var eventsDropped = 0
    package var judgedAccepted = 0
    package var judgedRefused = 0
    /// Messages that were not judged in time, so that the declared rule decided.
    package var judgedByRule = 0
    package var lateAnswers = 0
    package var wrongAnswers = 0
    package var strayLines = 0
    package var requests = 0
    package var requestsRefused = 0
    /// Messages of its type in the log, those of earlier starts included.
    package var keptMessages = 0

    package init() {}
}

extension Plugins.Reply.Plugin: Record {
    package static let about = "A plug-in: a child process of the node."
    package static let fields: [Field<Plugins.Reply.Plugin>] = [
        Field("name", "Its name.") { $0.name },
        Field("version", "Its version.") { $0.version },
        Field("scope", "What it may ask of the node.") { $0.scope },
        Field("state", "What it does.") { $0.state },
        .ifAny("process", "The number of its process.") { $0.usage.process.map { Int64($0) } },
        Field("memory_bytes", "Resident memory.") { $0.usage.memoryBytes },
        Field("cpu_ms", "Processor time since its start.") { $0.usage.processorMilliseconds },
        Field("starts", "How often it was started.") { $0.tally.starts },
        Field("events_sent", "Events that it was told.") { $0.tally.eventsSent },
        Field("events_dropped", "Events that it was too slow for.") { $0.tally.eventsDropped },
        Field("judged_accepted", "Messages that it accepted.") { $0.tally.judgedAccepted },
        Field("judged_refused", "Messages that it refused.") { $0.tally.judgedRefused },
        Field("judged_by_rule", "Messages that it did not judge in time.") {
            $0.tally.judgedByRule
        },
        Field("late_answers", "Answers that did not come in time.") { $0.tally.lateAnswers },
        Field("wrong_answers", "Answers of another form than declared.") { $0.tally.wrongAnswers },
        Field("stray_lines", "Lines that are no part of the conversation.") { $0.tally.strayLines },
        Field("requests", "What it asked of the node.") { $0.tally.requests },
        Field("requests_refused", "What of that was refused.") { $0.tally.requestsRefused },
        Field("kept_messages", "Messages of its type in the log.") { $0.tally.keptMessages },
        .ifAny("last_problem", "What went wrong last.") { $0.lastProblem },
    ]
}
