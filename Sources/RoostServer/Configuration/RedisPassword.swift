/// Where the password of the Redis port comes from: a file, or the environment. Never from a flag, which every user of
/// the machine can read in the list of processes.
package enum RedisPassword {
    package static let variable = "ROOST_REDIS_PASSWORD"

    static func inEnvironment(_ environment: [String: String]) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// That of the file, or else of the environment.
    package static func read(_ configuration: ServerConfiguration) throws(ConfigurationError) -> String? {
        guard let path = configuration.redisPasswordFile else { return configuration.redisPassword }
        let option = "redis-password-file"
        let text = try SecretFile.contents(of: path, option: option)
        guard let line = text.split(whereSeparator: \.isNewline).first, !line.isEmpty else {
            throw SecretFile.failure(path, option: option, "the first line is the password, and there is none")
        }
        return String(line)
    }
}
