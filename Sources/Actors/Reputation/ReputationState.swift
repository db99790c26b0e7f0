/// What Reputation has made of the log, as a checkpoint keeps it.
package struct ReputationState: Codable, Sendable {
    let books: Bookkeeping
}
