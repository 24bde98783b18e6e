import Configuration

/// A configuration with the place where each value was set: flags win over environment variables, these over the
/// file, the file over the defaults.
package struct LoadedConfiguration: Sendable {
    package struct Value: Sendable, Equatable {
        package var option: String
        package var text: String
        package var source: ConfigurationSource
    }

    package let configuration: ServerConfiguration
    /// Every option, in the order of `ServerOption.all`.
    package let values: [Value]
    /// What an operator should read at every start.
    package let warnings: [String]

    /// `flags` has the values of each option given on the command line, by its name without `--`.
    ///
    /// Reads the configuration file if one is named and nothing else. Throws with all values that are wrong, or else
    /// with all that contradict each other.
    package init(flags: [String: [String]], environment: [String: String]) throws(ConfigurationError) {
        let file = try Self.file(flags: flags, environment: environment)
        let layers = Layers(flags: flags, environment: environment, file: file)
        var draft = ServerConfiguration()
        var values: [Value] = []
        var problems: [ConfigurationError.Problem] = []
        for option in ServerOption.all {
            let value = layers.value(of: option)
            values.append(value)
            guard value.source != .defaultValue else { continue }
            if let reason = value.text.isEmpty ? "empty" : option.apply(value.text, &draft) {
                problems.append(.init(subject: value.subject, reason: reason, accepted: option.accepted))
            }
        }
        let (keys, keyProblems) = AccessKeySources.keys(in: environment)
        draft.accessKeys = keys
        draft.redisPassword = RedisPassword.inEnvironment(environment)
        let (token, tokenProblem) = AdminTokenSource.inEnvironment(environment)
        draft.adminToken = token
        draft.queues = file?.queues ?? []
        problems += keyProblems + [tokenProblem].compactMap { $0 }
        if problems.isEmpty { problems = ConfigurationRules.problems(of: draft, values) }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        self.configuration = draft
        self.values = values
        self.warnings = ConfigurationRules.warnings(of: draft) + ConfigurationRules.strangers(in: environment)
    }

    private static func file(
        flags: [String: [String]], environment: [String: String]
    ) throws(ConfigurationError) -> ConfigurationFile? {
        if let path = flags[ServerOption.configFileName]?.last {
            return try ConfigurationFile(path: path, source: .flag("--config"))
        }
        guard let path = environment[ServerOption.configFileVariable], !path.isEmpty else { return nil }
        return try ConfigurationFile(path: path, source: .environment(ServerOption.configFileVariable))
    }
}

extension LoadedConfiguration.Value {
    /// How an error names this value.
    var subject: String {
        switch source {
        case .flag(let flag): "\(flag) \"\(text)\" (from \(source))"
        case .environment, .file, .defaultValue: "\(option) \"\(text)\" (from \(source))"
        }
    }
}

/// The providers in the order in which they are asked.
private struct Layers {
    private let flags: any ConfigSnapshot
    private let environment: any ConfigSnapshot
    private let file: ConfigurationFile?

    init(flags: [String: [String]], environment: [String: String], file: ConfigurationFile?) {
        let given = flags.map { (AbsoluteConfigKey([$0]), ConfigValue(.stringArray($1), isSecret: false)) }
        self.flags = InMemoryProvider(name: "flags", values: Dictionary(given) { $1 }).snapshot()
        // A variable that is set to nothing counts as not set: containers cannot always leave one out.
        let set = environment.filter { !$0.value.isEmpty }
        self.environment = EnvironmentVariablesProvider(environmentVariables: set).prefixKeys(with: "roost").snapshot()
        self.file = file
    }

    func value(of option: ServerOption) -> LoadedConfiguration.Value {
        func found(_ text: String, _ source: ConfigurationSource) -> LoadedConfiguration.Value {
            .init(option: option.name, text: text, source: source)
        }
        if let text = text(of: option, in: flags) {
            return found(text, .flag(option.flag))
        }
        if let text = text(of: option, in: environment) {
            return found(text, .environment(option.environmentVariable))
        }
        if let file, let text = text(of: option, in: file.snapshot) {
            return found(text, .file(path: file.path, line: file.line(of: option.name)))
        }
        return found(option.defaultText, .defaultValue)
    }

    /// A single value, or a list joined with commas. A snapshot refuses the type that it does not hold: then the other
    /// one is asked for, and the shape of values in the file was checked when it was read.
    private func text(of option: ServerOption, in snapshot: any ConfigSnapshot) -> String? {
        let key = AbsoluteConfigKey([option.name])
        if case .string(let text)? = try? snapshot.value(forKey: key, type: .string).value?.content { return text }
        guard case .stringArray(let texts)? = try? snapshot.value(forKey: key, type: .stringArray).value?.content else {
            return nil
        }
        return option.kind == .list ? texts.joined(separator: ",") : texts.last
    }
}
