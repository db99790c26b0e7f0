import Messages
import Primitives
import TestSupport

@testable import Reputation

/// Flags on content: what they cost, when they count, and what becomes of the artefact and its source.
enum FlagVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("upheld") {
            try self.cost(vector)
        } else if input.has("flags") {
            try self.illegal(vector)
        } else if input.has("asns") {
            try self.disputes(vector)
        } else if input.has("reputation") {
            try self.gate(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static let artefact: [UInt8] = [1]
    private static let content = ContentHash(SHA256Digest.hash(artefact))
    private static let score = FixedPoint(millionths: 600_000)
    private static let source = "the source"

    private static func severity(_ vector: VectorCase) throws -> Flag.Severity {
        let name = try vector.input.text("severity")
        guard let severity = Flag.Severity(rawValue: name) else {
            throw VectorFailure("no severity is called \(name)")
        }
        return severity
    }

    // MARK: Costs

    private static func cost(_ vector: VectorCase) throws {
        var line = try LedgerLine(founders: [("a", self.score)])
        try line.log(.flag(try self.severity(vector), on: self.content), by: "a")
        if let isUpheld = vector.input.optional("upheld")?.bool {
            try line.decide(
                LedgerLine.message("vote"),
                [],
                isUpheld ? .ratified : .rejected,
                resolution: Propose.Resolution(kind: .flag, contentHash: self.content)
            )
        }
        let net = try line.direct("a").millionths - self.score.millionths
        try Check.same("net", net, try vector.expect.integer("net"))
    }

    private static func gate(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("reputation")
        var line = try LedgerLine(founders: [("a", score)])
        try line.log(.flag(try self.severity(vector), on: self.content), by: "a")
        let history = line.books.history(of: try LedgerLine.node("a"))
        let isAccepted = history.record.stakeAtRisk > .zero
        try Check.same("accepted", isAccepted, try vector.expect.bool("accept"))
    }

    // MARK: What becomes of the artefact

    /// A flag as a case has it: by whom, from which network, and of which database.
    private struct Entry {
        let name: String
        let network: Int64
        let database: String?

        init(_ value: RawJSON) throws {
            guard let parts = value.elements, parts.count == 3, let name = parts[0].string,
                let network = parts[1].integer, let kind = parts[2].string
            else { throw VectorFailure("a flag is no triple") }
            self.name = name
            self.network = network
            self.database = kind == "manual" ? nil : kind
        }

        init(number: Int64, of networks: Int64) {
            self.name = "flagger \(number)"
            self.network = number % networks
            self.database = nil
        }
    }

    /// A ledger in which these flags were heard, of a node that has every database they name.
    private static func line(_ severity: Flag.Severity, _ flags: [Entry]) throws -> LedgerLine {
        let names = Set(flags.map(\.name)).sorted()
        let databases = Set(flags.compactMap(\.database)).map { ($0, [self.content]) }
        var line = try LedgerLine(
            founders: (names + [self.source]).map { ($0, self.score) },
            hashDatabases: HashDatabases(Dictionary(uniqueKeysWithValues: databases))
        )
        try line.log(.share([self.artefact]), by: self.source)
        for (number, flag) in flags.enumerated() {
            let time = LedgerLine.start + Int64(number)
            let address = "/ip4/20.\(flag.network).0.1/tcp/1"
            try line.announce(flag.name, address: address, proofAt: LedgerLine.start, at: time)
            let match = flag.database.map { "\($0):1" }
            let draft = Draft.flag(severity, on: self.content, hashMatch: match)
            try line.log(draft, by: flag.name, at: time)
        }
        return line
    }

    private static func standing(in line: LedgerLine) -> ContentStanding {
        line.books.flags.standing(of: self.content, line.books.ledger)
    }

    private static func illegal(_ vector: VectorCase) throws {
        let flags = try vector.input.list("flags").map { try Entry($0) }
        let line = try self.line(try self.severity(vector), flags)
        let standing = self.standing(in: line)
        let expect = vector.expect
        let isWithheld = standing >= .withheld
        try Check.same("serving stops", isWithheld, try expect.bool("stop_serving"))
        try Check.same("deletion", standing == .condemned, try expect.bool("delete"))
        let isSuspended = line.books.ledger.isSuspended(try LedgerLine.node(self.source))
        try Check.same("suspension", isSuspended, try expect.bool("suspend_source"))
    }

    private static func disputes(_ vector: VectorCase) throws {
        let networks = try vector.input.integer("asns")
        let count = try vector.input.integer("identities")
        let flags = (0..<count).map { Entry(number: $0, of: networks) }
        let standing = self.standing(in: try self.line(try self.severity(vector), flags))
        let isLow = standing == .deprioritised
        try Check.same("low priority", isLow, try vector.expect.bool("deprioritise"))
    }
}
