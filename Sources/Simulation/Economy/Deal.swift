import Primitives

/// What residents know of one artefact and its copies; who owes what for it the observer decides.
struct Deal {
    enum Stage {
        /// Copies were asked for, and some said yes.
        case asked
        /// Those who keep copies are named.
        case assigned
        /// Its uploader took it back, or nobody paid for it any more.
        case over
    }

    let content: ContentHash
    let size: Int64
    let copies: Int
    /// The uploader, by number.
    let uploader: Int
    /// The hour in which copies were asked for.
    let askedAt: Int
    var stage = Stage.asked
    /// Who said yes, by number.
    var accepted: [Int] = []
    /// Who is to keep copies.
    var assigned: [Int] = []
    /// Who confirmed them.
    var keepers: [Int] = []
    /// The hour in which the observer last saw it paid.
    var paidAt: Int?
    /// Failures in a row that its uploader saw itself.
    var strikes: [Int: Int] = [:]
    /// Copies of which somebody said that they are lost, and the hour.
    var alarms: [Int: Int] = [:]
    /// The hour in which it was proposed to all.
    var proposedAt: Int?

    /// Whoever may challenge its copies.
    var validators: [Int] { [self.uploader] + self.keepers }
}
