package import Doors
package import Messages
import Primitives

/// Every operation of the node, once; all doors follow from it.
package enum Endpoints {
    /// The operations of a node, those of plugged-in subsystems last.
    package static func all(with extensions: Extensions = .none) -> [Endpoint<APICall>] {
        Self.own + extensions.reads.map { Self.served($0) }
            + extensions.childOperations.map { operation in
                Endpoint(operation) { APICall.plugged(operation.name, $0) }
            }
    }

    private static let own =
        nodeReads + eventReads + messageReads + requestReads + proposalReads + contentReads
        + requestActs
        + proposalActs + identityActs + contentActs + contentChecks + storageActs + storageSettings

    /// The arguments become the subsystem's own question in ``PluggedRead``.
    private static func served<Q: ServedQuery>(_ type: Q.Type) -> Endpoint<APICall> {
        let endpoint = Q.endpoint
        let name = endpoint.operation.name
        return endpoint.forwarding { .plugged(name, $0) }
    }

    /// Operations that sign a message, and tell what would come of it where only that is asked for.
    static func signing(_ endpoints: [Endpoint<APICall>]) -> [Endpoint<APICall>] {
        endpoints.map { $0.withDryRun(answering: DryRunReport.self) { .dryRun($0) } }
    }

    /// What of a plugged-in subsystem's operations this node cannot serve beside its own; nil when it can
    /// serve all of them.
    package static func flaw(in extensions: Extensions) -> String? {
        let own = Set((Self.own.map(\.operation) + Self.ofServer).map(\.name))
        let others = extensions.reads.map { $0.operation } + extensions.childOperations
        return others.lazy.map(\.name).first(where: own.contains)
            .map { "the node has an operation \($0) of its own" }
    }

    /// An id that stands in examples.
    static let exampleID = String(repeating: "0", count: 64)

    static let exampleWithID = JSONValue.object([("id", .string(exampleID))])
}

extension Operation.Refusal {
    static let unknownProposal = Self(Messages.Refusal.Code.unknownProposal)
    static let unknownRequest = Self(Messages.Refusal.Code.unknownRequest)
    static let unknownComment = Self(Messages.Refusal.Code.unknownComment)
    static let unknownIdentity = Self(404, "unknown_identity")
    static let unknownMessage = Self(404, "unknown_message")
    static let unavailable = Self(422, "content_unavailable")
    static let rule = Self(Messages.Refusal.Code.rule)
    static let storageStopped = Self(507, "storage_stopped")

    /// What may become of a message.
    fileprivate init(_ code: Messages.Refusal.Code) { self.init(code.status, code.rawValue) }
}

extension [Operation.Refusal] {
    /// What may become of an own message.
    static let publishing =
        judged + [
            .init(422, "too_long"), .init(422, "bad_text"), .init(504, "undecided"),
            .storageStopped,
        ]

    /// The codes of those who judge it.
    private static let judged =
        [
            Messages.Refusal.Code.tooLarge, .schema, .rule, .belowGate, .keyNotValid,
            .keyUsedElsewhere, .clockBehind, .rateLimited, .notSynced,
        ].map { Operation.Refusal($0) }
}
