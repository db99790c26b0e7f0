import Messages
import Primitives
import TestSupport

// What people say in the histories of an assembly.
extension ModelCast {
    func vote(
        _ number: Int,
        by person: Int,
        on proposal: Int,
        _ stance: PlainAssembly.Stance,
        isDegraded: Bool,
        at time: Int64
    ) throws -> Message {
        let memo = "vote \(proposal) \(stance) \(isDegraded)"
        return try self.message(number, by: person, at: time, memo: memo) {
            .vote(
                stance.rawValue,
                on: self.id(proposal),
                status: isDegraded ? "degraded" : "synced"
            )
        }
    }

    func withdrawal(_ number: Int, by person: Int, of proposal: Int, at time: Int64) throws
        -> Message
    {
        try self.message(number, by: person, at: time, memo: "withdraw \(proposal)") {
            .withdrawal(of: self.id(proposal))
        }
    }

    func adoption(
        _ number: Int,
        by person: Int,
        of proposal: Int,
        success: Bool,
        at time: Int64
    ) throws -> Message {
        try self.message(number, by: person, at: time, memo: "adopt \(proposal) \(success)") {
            .adoption(of: self.id(proposal), success: success)
        }
    }

    func proposal(_ proposal: PlainAssembly.Proposal) throws -> Message {
        var more: [Draft.Member] = []
        if case .version(let grace) = proposal.remedy {
            more.append(("eol", .integer(proposal.effectiveAt + grace)))
        }
        if let resolution = try self.resolution(proposal.remedy) {
            more.append(("resolution", resolution.json))
        }
        return try self.message(proposal.number, by: proposal.author, at: proposal.at, memo: nil) {
            .proposal(
                tier: proposal.isConstitutional ? .constitutional : .standard,
                until: Timestamp(milliseconds: proposal.deadline)
            ).adding(more)
        }
    }

    private func resolution(_ remedy: PlainAssembly.Remedy) throws -> Propose.Resolution? {
        switch remedy {
        case .nothing, .version: nil
        case .flag: Draft.resolution(.flag, subject: try self.node(0))
        case .threshold(let value):
            Propose.Resolution(kind: .parameter, name: "standard_threshold", value: value)
        case .successor(let old, let new):
            Draft.resolution(
                .keyConflict,
                subject: try self.node(old),
                successor: try self.node(new)
            )
        }
    }
}
