import OrderedCollections
import Primitives

/// What StorageMarket has made of the log, as a checkpoint keeps it: nothing of it tells what lies on the disk.
package struct StorageMarketState: Codable, Sendable {
    let index: ContentIndex
    let rates: ShareRates
    let sharing: SharingDuty
    let standings: Standings
    let books: MarketBooks
    let clock: RentClock
    let duties: Duties
    /// Artefacts that this node named itself.
    let named: OrderedSet<ContentHash>
}
