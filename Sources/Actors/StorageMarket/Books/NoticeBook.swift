import Identities
import Messages
import Primitives

/// RENT_PAYMENTs, by artefact: the first one of a cycle counts, and its amounts do not (D-68).
struct NoticeBook: Sendable, Codable {
    private static let room = Testimonies<Int64>.Room(
        artefact: Statements<Int64>.Room(
            all: StorageMarketLimits.noticesMax,
            perKey: StorageMarketLimits.noticesPerKeyMax,
            keepsNewest: true
        ),
        strangers: StorageMarketLimits.wordsOfStrangersMax,
        allStrangers: StorageMarketLimits.allWordsOfStrangersMax,
        all: StorageMarketLimits.allNoticesMax
    )

    /// The numbers of the cycles.
    private var notices = Testimonies<Int64>()

    /// Artefacts with notices, sorted.
    var contents: [ContentHash] { self.notices.contents }

    /// Takes a notice in.
    ///
    /// - Parameters:
    ///   - payment: what it says.
    ///   - admitted: the message.
    ///   - isParty: whether a key is of somebody who may pay, as far as is known now.
    mutating func add(
        _ payment: RentPayment,
        _ admitted: AdmittedMessage,
        isParty: (NodeID) -> Bool
    ) {
        let statement = Statement(admitted, payment.billingCycle)
        self.notices.insert(statement, on: payment.contentHash, isParty: isParty, Self.room)
    }

    /// Forgets what is late for every cycle.
    mutating func drop(at time: Timestamp, _ calendar: MarketCalendar) {
        let old = calendar.moment(StorageMarketLimits.noticesKept, before: time)
        self.notices.drop(before: old)
    }

    /// When an identity gave notices of a cycle in other messages.
    func stamps(
        _ cycle: RentCycle,
        by uploader: NodeID,
        _ keys: KeyRegistry,
        besides message: MessageID
    ) -> [Timestamp] {
        self.all(cycle, by: uploader, keys).filter { $0.id != message }.map(\.at)
    }

    /// The first timely notice of a cycle; nil when none came.
    func first(
        _ cycle: RentCycle,
        by uploader: NodeID,
        _ calendar: BillingCalendar,
        _ keys: KeyRegistry
    ) -> Statement<Int64>? {
        self.all(cycle, by: uploader, keys).first { calendar.isTimely($0.at, for: cycle.number) }
    }

    private func all(_ cycle: RentCycle, by uploader: NodeID, _ keys: KeyRegistry)
        -> [Statement<Int64>]
    {
        self.notices.all(on: cycle.content).filter {
            $0.body == cycle.number && keys.owner(of: $0) == uploader
        }
    }
}

extension NoticeBook: Digestible {
    func digest(into writer: inout some StateWriter) { writer.field("notices", self.notices) }
}
