/// Numbers for tasks of the device and for exchanges; none is given twice in a life.
struct TaskNumbers: Sendable {
    private var last: UInt64 = 0

    /// A number that neither the device nor a peer was given before.
    mutating func next() -> UInt64 {
        self.last += 1
        return self.last
    }
}
