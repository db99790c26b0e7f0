import ArgumentParser
import Messages
import Node
import Primitives

/// What a vote decides beyond the adoption of an artefact (D-61): one thing at most.
struct ResolutionOptions: ParsableArguments {
    @Option(help: "Uphold the flags on this content.") var decideFlag: ContentHash?
    @Option(help: "Ban this identity.") var decideBan: NodeID?
    @Option(
        help: ArgumentHelp(
            "Say which key continues a key that was rotated to two.",
            valueName: "old key=successor"
        )
    )
    var decideSuccessor: String?
    @Option(
        help: ArgumentHelp(
            "Change a number of the rules; needs --tier constitutional.",
            discussion: NetworkParameter.allCases.map(\.rawValue).joined(separator: ", "),
            valueName: "name=decimal"
        )
    )
    var decideParameter: String?
    @Option(
        help: ArgumentHelp(
            "Change the protocol; the version before it ends so many days from now.",
            valueName: "days"
        )
    )
    var decideEndOfLife: Int64?

    /// Members of a PROPOSE payload.
    var members: [(String, JSONValue)] {
        get throws {
            let decisions: [[(String, JSONValue)]] = try [
                self.decideFlag.map { [("kind", .flag), ("content_hash", .string($0.hex))] },
                self.decideBan.map { [("kind", .ban), ("subject", .string($0.hex))] },
                self.decideSuccessor.map { try Self.successor($0) },
                self.decideParameter.map { try Self.parameter($0) },
            ].compactMap(\.self)
            guard decisions.count + (self.decideEndOfLife == nil ? 0 : 1) <= 1 else {
                throw CommandFailure(.usage, "a vote decides one thing; keep one --decide option")
            }
            let eol = try self.decideEndOfLife.map {
                try Hours.fromNow(seconds: Double($0) * 86_400)
            }
            return [("eol", eol.map { .integer($0) } ?? .null)]
                + decisions.map { ("resolution", .object($0)) }
        }
    }

    private static func successor(_ text: String) throws -> [(String, JSONValue)] {
        let keys = text.split(separator: "=", omittingEmptySubsequences: false)
            .map { NodeID(anyForm: String($0)) }
        guard keys.count == 2, let old = keys[0], let successor = keys[1] else {
            throw CommandFailure(.usage, "`\(text)` names no two keys; write OLD=SUCCESSOR")
        }
        return [
            ("kind", .keyConflict), ("subject", .string(old.hex)),
            ("successor", .string(successor.hex)),
        ]
    }

    private static func parameter(_ text: String) throws -> [(String, JSONValue)] {
        let (parameter, value) = try NetworkParameter.parse(text)
        return [
            ("kind", .parameter), ("name", .string(parameter.rawValue)),
            ("value", .integer(value.millionths)),
        ]
    }
}

extension JSONValue {
    fileprivate static func kind(_ kind: Propose.Resolution.Kind) -> Self { .string(kind.rawValue) }
    fileprivate static let flag = Self.kind(.flag)
    fileprivate static let ban = Self.kind(.ban)
    fileprivate static let keyConflict = Self.kind(.keyConflict)
    fileprivate static let parameter = Self.kind(.parameter)
}

extension NetworkParameter {
    /// Reads `name=decimal`.
    static func parse(_ text: String) throws -> (parameter: Self, value: FixedPoint) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard let parameter = parts.first.flatMap(Self.init(rawValue:)),
            let value = parts.last.flatMap({ FixedPoint(decimal: $0) }), parameter.allows(value)
        else {
            throw CommandFailure(
                .usage,
                "`\(text)` sets no parameter; write for instance standard_threshold=0.75"
            )
        }
        return (parameter, value)
    }
}
