import Primitives

extension Timestamp {
    /// The full minute that is not before it: a text without seconds then promises nothing too early.
    var nextMinute: Timestamp { self.adding(milliseconds: 59_999) }
}
