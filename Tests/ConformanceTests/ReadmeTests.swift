import Foundation
import Messages
import Primitives
import Testing

@testable import Reputation

@Suite("What the README promises")
struct ReadmeTests {
    /// The chapter for newcomers in one line, without emphasis.
    private static func newcomers() throws -> String {
        let url = Repository.root.appendingPathComponent("README.md")
        let text = try String(contentsOf: url, encoding: .utf8)
        let chapters = text.components(separatedBy: "\n## ")
        let chapter = try #require(chapters.first { $0.hasPrefix("What a newcomer can do") })
        return chapter.replacing("*", with: "").split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    /// A score as people write it.
    private static func text(_ score: FixedPoint) -> String {
        var digits = score.description
        while digits.hasSuffix("0") { digits.removeLast() }
        return digits
    }

    @Test("C2-21: what newcomers may do, and what brings them on, is what the code says")
    func figures() throws {
        let chapter = try Self.newcomers()
        let early = [Capability.propose, .vote, .comment, .flagDispute].map(\.gate)
        #expect(Set(early) == [Capability.vote.gate])
        #expect([Capability.browse, .adopt].allSatisfy { $0.gate == .zero })
        let daily = NetworkParameters()[.uptimeReward]
        let rise = Capability.vote.gate.millionths - ReputationLimits.start.millionths
        let gate = Self.text(Capability.vote.gate)
        let start = Self.text(ReputationLimits.start)
        for promise in [
            "an identity starts at \(start) and may",
            "From \(gate) on it may propose, vote, comment and dispute content,",
            "from \(Self.text(Capability.flagIllegal.gate)) flag content as illegal and propose larger",
            "from \(Self.text(Capability.publishSnapshot.gate)) publish snapshots",
            "\(EarningLimits.uptimeHoursMin) of the 24 hours of a UTC day | \(Self.text(daily)) a day",
            "\(rise / daily.millionths) such days from \(start) to \(gate)",
            "\(Self.text(EarningLimits.smallHostMax)) for each proposal, below "
                + Self.text(EarningLimits.fullHost),
            "\(Self.text(EarningLimits.adoption)) for each |",
            "\(Self.text(ReputationLimits.dailyGain)) a day, "
                + "\(Self.text(ReputationLimits.weeklyGain)) in seven days",
            "Silence beyond \(EarningLimits.silentDaysFree) days costs",
        ] {
            #expect(chapter.contains(promise), "the README does not say: \(promise)")
        }
        #expect(EarningLimits.adoptionsMax == 10 && chapter.contains("ten for each proposal;"))
        #expect(Capability.fullProposalSize.gate == Capability.flagIllegal.gate)
    }
}
