import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("ADR 0053: how many artefacts are kept because somebody wants copies of them")
struct WantedCountTests {
    /// Random words of a few people on a few artefacts, so many that requests give way to each other.
    private struct History {
        private(set) var book = ContractBook()
        private let cast: ModelCast
        private var chance: HistoryGenerator
        private var count = 0

        init(_ seed: UInt64) throws {
            self.cast = try ModelCast()
            self.chance = HistoryGenerator(seed: seed)
        }

        private static let contents = (0..<5).map { Trade.content($0) }

        /// What the book counts, counted anew.
        var recount: Int { self.book.contents.count { self.book[$0]?.isWanted == true } }

        mutating func step() throws {
            let content = Self.contents.randomElement(using: &self.chance) ?? Trade.content()
            switch Int.random(in: 0..<1_000, using: &self.chance) {
            case 0: self.book.forget(content)
            case 1:
                // As it is done: for somebody who asked for it and might.
                let uploaders = self.book.uploaders(of: content).sorted()
                guard let one = uploaders.randomElement(using: &self.chance) else { return }
                self.book.forget(content, askedForBy: [one])
            case 2:
                let silent = Trade.at(Int64(self.count) - 200)
                self.book.drop(silentSince: silent, unless: { _ in false })
            default: try self.say(on: content)
            }
        }

        private mutating func say(on content: ContentHash) throws {
            self.count += 1
            let person = Int.random(in: 0..<6, using: &self.chance)
            let isRequest = Int.random(in: 0..<10, using: &self.chance) > 0
            let payload: any WirePayload =
                isRequest ? Trade.oneByte(of: content) : CopyReceived(contentHash: content)
            let stamp = Int64(self.count) + .random(in: -100...100, using: &self.chance)
            let mayAsk = Int.random(in: 0..<60, using: &self.chance) == 0
            let message = try self.cast.message(
                self.count,
                by: person,
                at: Trade.at(stamp).milliseconds,
                memo: nil
            ) { Draft(payload) }
            let admitted = message.admitted(
                at: Trade.at(Int64(self.count)),
                reputation: FixedPoint(millionths: mayAsk ? 300_000 : 200_000)
            )
            guard let (_, word) = ContractBook.Word.reading(message.payload) else { return }
            self.book.add(word, on: content, admitted) { $0 }
        }
    }

    @Test(
        "however words come, give way and are forgotten, they are counted right",
        arguments: 0..<4
    )
    func counted(seed: UInt64) throws {
        var history = try History(seed)
        var gaveWay = 0
        for number in 0..<4_000 {
            let (before, artefacts) = (history.book.wantedCount, history.book.contents.count)
            try history.step()
            try #require(history.book.wantedCount == history.recount, "step \(number)")
            let isLess = history.book.wantedCount < before
            if isLess, history.book.contents.count == artefacts { gaveWay += 1 }
        }
        #expect(gaveWay > 3, "no request of somebody who might ask gave way to another word")
    }
}
