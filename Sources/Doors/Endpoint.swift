package import Primitives

/// An operation with what it is for the node: a function from its arguments to a call.
///
/// The doors of the node follow from it: HTTP routes, the OpenAPI document, the verbs of the command line.
/// What is documented, what is checked and what is read are the same parameters.
package struct Endpoint<Call: Sendable>: Sendable {
    package let operation: Operation
    private let read: @Sendable (JSONValue) throws(ArgumentFlaw) -> Call

    /// Describes an operation.
    ///
    /// - Parameters:
    ///   - name: unique; lower-case words with `_` between them.
    ///   - kind: whether it changes something.
    ///   - scope: what a caller must be allowed to do; nil for what its kind needs.
    ///   - path: its place; names of arguments stand in braces.
    ///   - summary: what it does, in a line.
    ///   - about: what one should know besides.
    ///   - refusals: those that are its own.
    ///   - parameters: its arguments.
    ///   - answers: what comes back when it succeeds.
    ///   - example: arguments of a call that is well formed.
    ///   - tool: how agents meet it over MCP; nil for what is no tool.
    ///   - resource: the URI of what it tells as a resource of MCP, with its arguments in braces.
    ///   - call: what the node is asked.
    package init<each Value: Sendable>(
        _ name: String,
        _ kind: Operation.Kind,
        scope: Operation.Scope? = nil,
        path: String,
        summary: String,
        about: String = "",
        refusals: [Operation.Refusal] = [],
        _ parameters: repeat Parameter<each Value>,
        answers: Operation.Answer,
        example: JSONValue = .emptyObject,
        tool: Tool? = nil,
        resource: String? = nil,
        call: @escaping @Sendable (repeat each Value) -> Call
    ) {
        let standardPlace: ArgumentPlace = kind == .act ? .body : .query
        var arguments: [Operation.Argument] = []
        for parameter in repeat each parameters {
            let place = parameter.place ?? standardPlace
            arguments += parameter.properties.map { .init(place: place, property: $0) }
        }
        let operation = Operation(
            name: name,
            kind: kind,
            scope: scope ?? (kind == .read ? .read : .act),
            path: path,
            summary: summary,
            about: about,
            refusals: refusals,
            arguments: arguments,
            answer: answers,
            example: example,
            tool: tool,
            resource: resource
        )
        self.init(operation) { given throws(ArgumentFlaw) in
            if let flaw = operation.schema.flaw(of: given) { throw ArgumentFlaw(flaw) }
            let arguments = Arguments(given)
            return call(repeat try (each parameters).read(arguments))
        }
    }

    /// An operation that was described elsewhere, whose arguments are handed on as they were given.
    package init(_ operation: Operation, call: @escaping @Sendable (JSONValue) -> Call) {
        self.init(operation) { given throws(ArgumentFlaw) in
            if let flaw = operation.schema.flaw(of: given) { throw ArgumentFlaw(flaw) }
            return call(given)
        }
    }

    /// Describes an operation that is read in a way of its own.
    init(
        _ operation: Operation,
        _ read: @escaping @Sendable (JSONValue) throws(ArgumentFlaw) -> Call
    ) {
        self.operation = operation
        self.read = read
    }

    /// What the node is asked.
    ///
    /// - Parameter arguments: an object.
    /// - Returns: the call.
    /// - Throws: what is wrong with the arguments; the schema is checked as a whole.
    package func call(with arguments: JSONValue) throws(ArgumentFlaw) -> Call {
        try self.read(arguments)
    }

    /// The same operation at a door that only hands the arguments on.
    ///
    /// They are checked where they are read: by whoever puts the question itself.
    ///
    /// - Parameter forward: the call that carries the arguments.
    /// - Returns: the operation with that call.
    package func forwarding<Other: Sendable>(
        _ forward: @escaping @Sendable (JSONValue) -> Other
    ) -> Endpoint<Other> {
        Endpoint<Other>(self.operation) { forward($0) }
    }
}
