import Primitives

extension Endpoint {
    /// The same operation with an argument `dry_run`, by which a caller asks what would come of it (ADR
    /// 0059).
    ///
    /// - Parameters:
    ///   - report: what comes back then.
    ///   - rehearse: what the node is asked then, in the place of the call.
    /// - Returns: the operation with both.
    package func withDryRun<Report: Record>(
        answering report: Report.Type,
        _ rehearse: @escaping @Sendable (Call) -> Call
    ) -> Endpoint<Call> {
        let act = self
        return Endpoint(self.operation.withDryRun(answering: Report.schema)) {
            given throws(ArgumentFlaw) in
            let flag = given[Operation.dryRun.name]
            if let flag,
                let flaw = Operation.dryRun.schema.flaw(of: flag, at: Operation.dryRun.name)
            {
                throw ArgumentFlaw(flaw)
            }
            let rest = (given.members ?? []).filter {
                !$0.key.utf8.elementsEqual(Operation.dryRun.name.utf8)
            }
            let call = try act.call(with: .object(rest))
            return flag?.bool == true ? rehearse(call) : call
        }
    }
}

extension Operation {
    /// The argument by which a caller asks what would come of an act.
    package static let dryRun = Property(
        "dry_run",
        "Whether only to tell what would come of it; nothing is signed, stored or sent.",
        .boolean,
        isRequired: false,
        standard: .bool(false)
    )

    fileprivate func withDryRun(answering report: Schema) -> Operation {
        guard case .json(let schema) = self.answer else {
            preconditionFailure("\(self.name) answers with bytes")
        }
        return Operation(
            name: self.name,
            kind: self.kind,
            scope: self.scope,
            path: self.path,
            summary: self.summary,
            about: self.about,
            refusals: self.refusals,
            arguments: self.arguments + [Argument(place: .query, property: Self.dryRun)],
            answer: .json(.anyOf([schema, report])),
            example: self.example,
            tool: self.tool,
            resource: self.resource
        )
    }
}
