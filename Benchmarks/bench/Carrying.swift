/// What one way to carry bytes from end to end took, run by run.
struct Carrying {
    private var bytesASecond: [Double] = []
    private var secondsAGigabyte: [Double] = []

    mutating func add(_ cost: Stopwatch.Cost, of bytes: Int) {
        self.bytesASecond.append(Double(bytes) / cost.seconds)
        self.secondsAGigabyte.append(cost.cpuSeconds / Double(bytes) * 1_000_000_000)
    }

    /// How fast it was as a part of another way, run by run.
    func ratios(to other: Carrying) -> [Double] {
        zip(self.bytesASecond, other.bytesASecond).map { $0 / $1 }
    }

    /// Writes the rate in MB/s, and the CPU time of both ends for each GB.
    func write(as name: String, into report: inout Report) {
        report.add(name, Sample(self.bytesASecond.map { $0 / 1_000_000 }), unit: "MB/s")
        report.add("\(name)_cpu", Sample(self.secondsAGigabyte), unit: "s/GB")
    }
}
