import ArgumentParser
import Cryptography
import Doors
import Foundation
import Messages
import Node
import Primitives

/// The command `valence-node token`.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke tokens for programs that use this node.",
        discussion: """
            A token has a scope: read looks, act speaks in this node's name, admin changes what the node is. \
            A running node takes changes at once; without one the data directory is changed.
            """,
        subcommands: [New.self, List.self, Revoke.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token; it is shown this once.",
            discussion: "Example: valence-node token new --scope read --label 'the editor'"
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "What its holder may do: read, act or admin.")
        var scope: Doors.Operation.Scope
        @Option(help: "What it is for; one line.") var label = ""

        func validate() throws {
            guard self.scope != .open else {
                throw ValidationError("--scope is read, act or admin")
            }
        }

        func run() async throws {
            let answer = try await TokenKeeper(self.common).ask(
                "new_token",
                [("scope", .string(self.scope.rawValue)), ("label", .string(self.label))]
            ) { (book) throws(TokenRefusal) in
                try book.make(
                    self.scope,
                    label: self.label,
                    secret: SecureRandom.bytes(32),
                    key: nil,
                    now: .now
                ).shown
            }
            if self.common.json { return Console.json(answer) }
            Console.line(answer["token"]?.string ?? "")
            self.common.say(
                "Keep it: it is shown this once. A program finds it in VALENCE_TOKEN; end it with "
                    + "`valence-node token revoke \(answer["id"]?.string ?? "")`."
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all tokens, without their texts.",
            discussion: "Example: valence-node token list"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var stream: StreamOptions

        func run() async throws {
            try self.stream.check(self.common)
            let answer = try await TokenKeeper(self.common).ask("tokens") { book in
                TokenList(tokens: book.tokens).shown
            }
            if self.common.json { return Console.json(answer) }
            let tokens = answer["tokens"]?.elements ?? []
            if self.stream.jsonl { return tokens.forEach(Console.json) }
            self.common.say(nothingIn: tokens, "no tokens but the owner's in api.token")
            let columns: [Table.Column] = [
                .text("ID"), .text("SCOPE"), .text("MADE"), .text("LABEL"),
            ]
            Console.table(Table(columns, rows: tokens.map(Self.row)))
        }

        private static func row(_ token: JSONValue) -> [String] {
            let end = token["revoked_at"]?.integer.map { "revoked \(Moments.text($0))" }
            return [
                token["id"]?.string ?? "", token["scope"]?.string ?? "",
                Moments.text(token["made_at"]?.integer),
                [token["label"]?.string, end].compactMap(\.self).joined(separator: "  "),
            ]
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token at once.",
            discussion: "Example: valence-node token revoke <id>"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The token's id, as `valence-node token list` shows it.") var id: TokenID

        func run() async throws {
            let answer = try await TokenKeeper(self.common).ask(
                "revoke_token",
                [("id", .string(self.id.hash.hex))]
            ) { (book) throws(TokenRefusal) in
                try book.revoke(self.id.hash, now: .now).shown
            }
            if self.common.json { return Console.json(answer) }
            self.common.say("Revoked.")
        }
    }
}

/// The name of a token.
struct TokenID: ExpressibleByArgument {
    let hash: Bytes32

    /// 64 lower-case hexadecimal digits (D-04).
    init?(argument: String) {
        guard let hash = Bytes32(hex: argument) else { return nil }
        self.hash = hash
    }
}

extension Doors.Operation.Scope: ExpressibleByArgument {}

/// Who keeps the tokens: the running node, or the data directory while none runs.
private struct TokenKeeper {
    private let common: CommonOptions

    init(_ common: CommonOptions) { self.common = common }

    func ask(
        _ operation: String,
        _ arguments: [(String, JSONValue?)] = [],
        without body: (inout TokenBook) throws(TokenRefusal) -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await self.common.client().call(operation, arguments)
        } catch let failure as CommandFailure where failure.code == .notRunning {
            // A node that the environment names by a URL has no directory here.
            guard self.common.asksOwnNode else { throw failure }
            return try self.change(body)
        }
    }

    private func change(_ body: (inout TokenBook) throws(TokenRefusal) -> JSONValue) throws
        -> JSONValue
    {
        do {
            return try self.common.directory.withTokens { try body(&$0) }
        } catch let refusal as TokenRefusal {
            throw CommandFailure(.refused, refusal.problem.detail, cause: refusal.problem.code)
        } catch let error as NodeError {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}
