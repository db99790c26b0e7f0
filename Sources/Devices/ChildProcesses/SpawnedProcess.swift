import CSpawn
import Glibc

/// A process with pipes on its standard streams, in a group of its own.
struct SpawnedProcess {
    /// Why there is none.
    struct Failure: Error { let cause: String }

    let process: pid_t
    /// Non-blocking ends of the pipes.
    private(set) var input: Int32
    let output: Int32
    let errors: Int32

    /// Starts a program.
    ///
    /// It inherits nothing but its streams and the variables that are named: neither descriptors nor
    /// secrets that the node was started with.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - arguments: what follows its name.
    ///   - folder: where it runs.
    /// - Throws: what the system says.
    init(_ path: String, _ arguments: [String], in folder: String) throws(Failure) {
        let input = try Self.pipe()
        let output = try Self.pipe(closing: [input])
        let errors = try Self.pipe(closing: [input, output])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reading, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)
        posix_spawn_file_actions_addchdir_np(&actions, folder)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.set(&attributes)
        var process: pid_t = 0
        let failure = Self.withStrings([path] + arguments) { arguments in
            Self.withStrings(Self.environment) { environment in
                posix_spawn(&process, path, &actions, &attributes, arguments, environment)
            }
        }
        close(input.reading)
        close(output.writing)
        close(errors.writing)
        guard failure == 0 else {
            close(input.writing)
            close(output.reading)
            close(errors.reading)
            throw Failure(cause: String(cString: strerror(failure)))
        }
        self.process = process
        (self.input, self.output, self.errors) = (input.writing, output.reading, errors.reading)
        for end in [self.input, self.output, self.errors] {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
        }
        setpriority(Int32(PRIO_PROCESS.rawValue), id_t(process), ChildLimits.niceness)
    }

    /// A group of its own, so that what it started ends with it; and signals as a program expects them.
    private static func set(_ attributes: inout posix_spawnattr_t) {
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
    }

    /// The variables that a program needs to run at all.
    private static var environment: [String] {
        let names: [String] = [
            "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
        ]
        return names.compactMap { name in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
    }

    private static func pipe(closing others: [(reading: Int32, writing: Int32)] = [])
        throws(Failure) -> (reading: Int32, writing: Int32)
    {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            let cause = String(cString: strerror(errno))
            for other in others {
                close(other.reading)
                close(other.writing)
            }
            throw Failure(cause: cause)
        }
        return (ends[0], ends[1])
    }

    private static func withStrings<R>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> R
    ) -> R {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }

    // MARK: Its end

    /// Says that nothing more comes.
    mutating func closeInput() {
        if self.input >= 0 { close(self.input) }
        self.input = -1
    }

    /// Kills it with all that it started and that did not leave its group; it may have left that itself.
    ///
    /// Not once it was reaped: its number may then be another process's.
    func kill() {
        Glibc.kill(self.process, SIGKILL)
        self.killGroup()
    }

    /// Kills what it started and what did not leave its group.
    func killGroup() { Glibc.kill(-self.process, SIGKILL) }

    /// How it ended, in words; nil while it runs.
    func reap() -> String? {
        var status: Int32 = 0
        let reaped = waitpid(self.process, &status, WNOHANG)
        guard reaped != 0 else { return nil }
        guard reaped == self.process else { return "it is gone" }
        let signal = status & 0x7f
        return signal == 0
            ? "it ended with status \((status >> 8) & 0xff)" : "signal \(signal) ended it"
    }

    /// Gives the pipes back.
    mutating func closePipes() {
        self.closeInput()
        close(self.output)
        close(self.errors)
    }
}
