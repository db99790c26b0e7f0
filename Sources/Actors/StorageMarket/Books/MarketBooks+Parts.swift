import Identities
import Messages
import Primitives

// Which artefacts somebody has to do with, found without working out every contract.
extension MarketBooks {
    /// Artefacts about which an identity said something of these kinds.
    func contents(_ kinds: [ContractBook.Kind], by identity: NodeID) -> [ContentHash] {
        self.contracts.contents(of: self.kin.keys(thatSignedFor: identity)).filter { content in
            guard let dossier = self.contracts[content] else { return false }
            return kinds.contains { kind in
                dossier[kind].contains { self.keys.owner(of: $0) == identity }
            }
        }
    }

    /// Artefacts in which an identity has a part, or may still take one: it asked, promised, confirmed or is
    /// to take over; or acceptances still count.
    func contents(concerning identity: NodeID, at moment: Timestamp) -> [ContentHash] {
        let own = Set(self.contents([.request, .acceptance, .acknowledgement], by: identity))
        return self.contracts.contents.filter { content in
            guard !own.contains(content), let dossier = self.contracts[content] else { return true }
            let isOffered = dossier.receivers.contains {
                self.keys.identity(of: $0) == identity
            }
            let isOpen = dossier[.request].contains {
                BillingCalendar(start: $0.at, market: self.calendar).acceptanceEnds >= moment
            }
            return isOffered || isOpen
        }
    }

    /// Bytes that an identity has under contract, one artefact not counted (R-06-048).
    func activeBytes(of uploader: NodeID, besides content: ContentHash, at moment: Timestamp)
        -> Int64
    {
        self.contents([.request], by: uploader).filter { $0 != content }.reduce(0) {
            $0.saturatingAdding(self.bytes(of: $1, askedForBy: uploader, at: moment))
        }
    }

    private func bytes(
        of content: ContentHash,
        askedForBy uploader: NodeID,
        at moment: Timestamp
    ) -> Int64 {
        let life = self.lives(of: content, at: moment).first {
            $0.uploader == uploader && !$0.isOver
        }
        return life?.bytes ?? 0
    }

    /// Bytes of which an identity keeps confirmed copies.
    func heldBytes(by provider: NodeID, at moment: Timestamp) -> Int64 {
        self.contents([.receipt, .acknowledgement], by: provider)
            .compactMap { self.contract(on: $0, at: moment) }
            .filter { $0.isHeld(by: provider) }
            .reduce(0) { $0.saturatingAdding($1.content.contentSize) }
    }
}
