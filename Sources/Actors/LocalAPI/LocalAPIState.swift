/// What LocalAPI has made of the log, as a checkpoint keeps it: which requests were done already (ADR 0060).
package struct LocalAPIState: Codable, Sendable {
    let traces: [KeptTrace]
}
