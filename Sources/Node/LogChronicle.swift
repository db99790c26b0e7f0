import Chronicle
import Logging

/// Writes what the operator is told to the log.
struct LogChronicle: ChronicleWriter {
    let logger: Logger

    var isVerbose: Bool { self.logger.logLevel <= .debug }

    func write(_ line: ChronicleLine) {
        let name: Logger.Metadata = ["event": "\(line.event)"]
        switch line.level {
        case .debug: self.logger.debug("\(line.text)", metadata: name)
        case .notice: self.logger.notice("\(line.text)", metadata: name)
        }
    }
}
