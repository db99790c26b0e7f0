/// What Events has made of the log, as a checkpoint keeps it.
package struct EventsState: Codable, Sendable {
    let belongings: Belongings
    let window: EventWindow
    let news: EventWindow
    let lookout: Lookout
    /// Last position of the log.
    let last: UInt64
}
