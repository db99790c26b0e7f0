import ArgumentParser
import Messages
import Primitives

/// How a list is printed.
struct StreamOptions: ParsableArguments {
    @ArgumentParser.Flag(help: "Print one JSON object a line, an entry each.")
    var jsonl = false

    /// Refuses to print in two forms at once.
    func check(_ common: CommonOptions) throws {
        guard self.jsonl, common.json else { return }
        throw CommandFailure(.usage, "--json and --jsonl exclude each other; keep one of them")
    }
}

/// How much of a list that has pages is wanted, and how it is printed.
struct ListOptions: ParsableArguments {
    @OptionGroup var stream: StreamOptions
    @Option(help: "Most entries, 1 to 1000; default: 100, and all with --jsonl.") var limit: Int?

    func validate() throws { try Self.check(self.limit) }

    /// Refuses a number of entries that no list gives.
    static func check(_ limit: Int?) throws {
        guard (1...1_000).contains(limit ?? 1) else {
            throw ValidationError("--limit is a number from 1 to 1000")
        }
    }
}

/// An operation that answers with a list.
struct ListedOperation {
    /// Entries that are asked for at once.
    ///
    /// Source: own choice, as many as a person gets.
    private static let pageMax = 100

    /// Its name.
    let name: String
    /// The member of its answer that holds the entries.
    let member: String
    var arguments: [(String, JSONValue?)] = []
}

extension CommonOptions {
    /// Prints a list that comes as a whole.
    ///
    /// - Parameters:
    ///   - operation: what is asked.
    ///   - stream: whether programs want its entries one by one.
    ///   - nothing: what is said of an empty list.
    ///   - people: what is printed for people, from the whole answer.
    /// - Throws: ``CommandFailure``.
    func show(
        _ operation: ListedOperation,
        _ stream: StreamOptions,
        else nothing: String,
        for people: (JSONValue) -> Void
    ) async throws {
        try stream.check(self)
        guard stream.jsonl else {
            return try await self.show(operation.name, operation.arguments) { answer in
                self.say(nothingIn: answer[operation.member]?.elements, nothing)
                people(answer)
            }
        }
        let answer = try await self.client().call(operation.name, operation.arguments)
        Console.warn(of: answer)
        for entry in answer[operation.member]?.elements ?? [] { Console.json(entry) }
    }

    /// Prints a list that has pages.
    func show(
        _ operation: ListedOperation,
        _ list: ListOptions,
        else nothing: String,
        for people: (JSONValue) -> Void
    ) async throws {
        try list.stream.check(self)
        guard list.stream.jsonl else {
            let limit = JSONValue.integer(Int64(list.limit ?? ListedOperation.standardLimit))
            let page = ListedOperation(
                name: operation.name,
                member: operation.member,
                arguments: operation.arguments + [("limit", limit)]
            )
            return try await self.show(page, list.stream, else: nothing, for: people)
        }
        try await operation.stream(from: try self.client(), atMost: list.limit)
    }
}

extension ListedOperation {
    fileprivate static let standardLimit = pageMax

    /// Prints entry after entry, page after page.
    fileprivate func stream(from client: APIClient, atMost limit: Int?) async throws {
        var left = limit ?? .max
        var cursor: JSONValue?
        repeat {
            let page: [(String, JSONValue?)] = [
                ("limit", .integer(Int64(min(left, Self.pageMax)))), ("cursor", cursor),
            ]
            let answer = try await client.call(self.name, self.arguments + page)
            Console.warn(of: answer)
            let entries = answer[self.member]?.elements ?? []
            for entry in entries { Console.json(entry) }
            left -= entries.count
            cursor = answer["next_cursor"]
        } while left > 0 && cursor?.string != nil
    }
}
