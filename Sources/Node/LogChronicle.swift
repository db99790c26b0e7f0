import Chronicle
import Logging

/// Writes what the operator is told to the log.
struct LogChronicle: ChronicleWriter {
    let logger: Logger

    var isVerbose: Bool { self.logger.logLevel <= .debug }

    func write(_ line: ChronicleLine) {
        switch line.level {
        case .debug: self.logger.debug("\(line.text)")
        case .notice: self.logger.notice("\(line.text)")
        }
    }
}
