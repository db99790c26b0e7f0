extension Unicode.Scalar {
    /// Whether a reader does not see it, or it changes how a reader sees others.
    ///
    /// These are controls with line ends and tabs, marks that turn the direction of writing or have no shape, and
    /// those that carry bytes nobody sees: tags, variations beyond the usual ones, private and unassigned places.
    ///
    /// Source: threat T20.
    public var isHidden: Bool {
        // Some scripts are not readable without their joiners, which change no direction.
        if self == "\u{200C}" || self == "\u{200D}" { return false }
        if (0xe0100...0xe01ef).contains(self.value) { return true }
        return switch self.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            true
        default: false
        }
    }
}
