/// Sizes above which code stops being readable at a glance. Markdown and data have none.
enum SizeRules {
    static let functionLinesMax = 70
    static let fileLinesMax = 600
    static let columnsMax = 120

    static func functionLength(_ file: SourceFile) -> [Violation] {
        do throws(FunctionScanner.UnbalancedBraces) {
            return try FunctionScanner.bodies(in: file).filter { $0.lineCount > functionLinesMax }.map {
                Violation(
                    rule: .functionLength, path: file.path, line: $0.firstLine, subject: $0.name,
                    message: "\($0.name) has \($0.lineCount) lines, at most \(functionLinesMax) are allowed"
                )
            }
        } catch {
            // Not reading a file must not pass for finding nothing in it.
            let message = "the braces do not match, so functions cannot be measured"
            return [
                Violation(rule: .functionLength, path: file.path, line: error.line, subject: "braces", message: message)
            ]
        }
    }

    static func fileLength(_ file: SourceFile) -> [Violation] {
        guard file.isCode, file.lines.count > fileLinesMax else { return [] }
        let message = "the file has \(file.lines.count) lines, at most \(fileLinesMax) are allowed"
        return [Violation(rule: .fileLength, path: file.path, line: 0, subject: file.name, message: message)]
    }

    static func lineLength(_ file: SourceFile) -> [Violation] {
        guard file.isCode else { return [] }
        return file.lines.enumerated().filter { $1.count > columnsMax }.map { index, line in
            Violation(
                rule: .lineLength, path: file.path, line: index + 1, subject: "line",
                message: "the line has \(line.count) columns, at most \(columnsMax) are allowed"
            )
        }
    }
}
