import HTTPFrontend

/// Where the admin token of the HTTP port comes from: a file, or the environment. Never from a flag, which every user
/// of the machine can read in the list of processes.
package enum AdminTokenSource {
    package static let variable = "ROOST_ADMIN_TOKEN"
    /// A shorter one could be guessed.
    static let bytesMin = 16

    static func inEnvironment(
        _ environment: [String: String]
    ) -> (token: String?, problem: ConfigurationError.Problem?) {
        guard let token = environment[variable], !token.isEmpty else { return (nil, nil) }
        guard isFit(token) else { return (nil, .init(subject: variable, reason: unfit, accepted: accepted)) }
        return (token, nil)
    }

    /// That of the file, or else of the environment.
    static func read(_ configuration: ServerConfiguration) throws(ConfigurationError) -> AdminToken? {
        guard let path = configuration.adminTokenFile else { return configuration.adminToken.map { AdminToken($0) } }
        let option = "admin-token-file"
        let text = try SecretFile.contents(of: path, option: option)
        guard let line = text.split(whereSeparator: \.isNewline).first, isFit(line) else {
            throw SecretFile.failure(path, option: option, "the first line \(unfit); it has to be \(accepted)")
        }
        return AdminToken(String(line))
    }

    private static let unfit = "is no token"
    private static let accepted = "\(bytesMin) or more visible ASCII characters, for example of: openssl rand -hex 32"

    /// What a header field can carry.
    private static func isFit(_ text: some StringProtocol) -> Bool {
        text.utf8.count >= bytesMin && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
