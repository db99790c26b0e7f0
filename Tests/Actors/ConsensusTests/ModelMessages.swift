import Cryptography
import Messages
import Primitives

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
        return try self.message(number, .vote, by: person, at: time, memo: memo) {
            [
                ("proposal_id", .string(self.id(proposal).hex)),
                ("stance", .string(stance.rawValue)),
                ("sync_status", .string(isDegraded ? "degraded" : "synced")),
            ]
        }
    }

    func withdrawal(_ number: Int, by person: Int, of proposal: Int, at time: Int64) throws
        -> Message
    {
        try self.message(number, .withdraw, by: person, at: time, memo: "withdraw \(proposal)") {
            [("proposal_id", .string(self.id(proposal).hex))]
        }
    }

    func adoption(
        _ number: Int,
        by person: Int,
        of proposal: Int,
        success: Bool,
        at time: Int64
    ) throws -> Message {
        let memo = "adopt \(proposal) \(success)"
        return try self.message(number, .adopt, by: person, at: time, memo: memo) {
            [("proposal_id", .string(self.id(proposal).hex)), ("success", .bool(success))]
        }
    }

    func proposal(_ proposal: PlainAssembly.Proposal) throws -> Message {
        let content = Array("artefact".utf8)
        var members: [(String, JSONValue)] = [
            ("title", .string("t")), ("body", .string("b")),
            ("content_hash", .string(SHA256Digest.hash(content).hex)),
            ("content_type", .string("text/plain")),
            ("content_size", .integer(Int64(content.count))),
            ("tier", .string(proposal.isConstitutional ? "constitutional" : "standard")),
            ("voting_deadline", .integer(proposal.deadline)),
        ]
        if case .version(let grace) = proposal.remedy {
            members.append(("eol", .integer(proposal.effectiveAt + grace)))
        }
        if let resolution = try self.resolution(proposal.remedy) {
            members.append(("resolution", resolution))
        }
        return try self.message(
            proposal.number,
            .propose,
            by: proposal.author,
            at: proposal.at,
            memo: nil
        ) { members }
    }

    private func resolution(_ remedy: PlainAssembly.Remedy) throws -> JSONValue? {
        switch remedy {
        case .nothing, .version: nil
        case .flag:
            .object([("kind", .string("flag")), ("subject", .string(try self.node(0).hex))])
        case .threshold(let value):
            .object([
                ("kind", .string("parameter")), ("name", .string("standard_threshold")),
                ("value", .integer(value)),
            ])
        case .successor(let old, let new):
            .object([
                ("kind", .string("key_conflict")), ("subject", .string(try self.node(old).hex)),
                ("successor", .string(try self.node(new).hex)),
            ])
        }
    }
}
