import Glibc

extension Incarnation {
    /// Cores of this machine, at least one.
    static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
