import Testing

@Suite("Function scanner")
struct FunctionScannerTests {
    private func bodies(_ text: String, _ path: String = "Sample.swift") throws -> [String] {
        try FunctionScanner.bodies(in: SourceFile(path: path, text: text)).map {
            "\($0.name) \($0.firstLine)-\($0.lastLine)"
        }
    }

    @Test("Members, with the signature counted and types looked into")
    func members() throws {
        let text = """
            package struct Box<T: Sendable> {
                let number = 1
                var half: Int { number / 2 }

                init(
                    a: Int,
                    b: Int
                ) {
                    if a > b {
                        half()
                    }
                }
                class func make() {
                    let inner = [1].map { $0 }
                }
                static func < (left: Box, right: Box) -> Bool { true }
                deinit {
                }
                subscript(index: Int) -> Int {
                    get { 1 }
                }
                private enum Kind: Int { case one
                    func deep() {
                    }
                }
            }
            extension Box where T == Int {
                func outside() throws(Oops) -> any P {
                }
            }
            let table = [1, 2].map {
                $0
            }
            let long = [
                1
            ]
            for entry in long {
            }
            """
        #expect(
            try bodies(text) == [
                "half 3-3", "init 5-12", "make 13-15", "< 16-16", "deinit 17-18", "subscript 19-21", "deep 23-24",
                "outside 28-29", "table 31-33", "for 37-38",
            ]
        )
    }

    @Test("A nested function counts as part of the outer one")
    func nested() throws {
        let text = """
            func outer() {
                struct Local {
                    func inner() {
                    }
                }
            }
            """
        #expect(try bodies(text) == ["outer 1-6"])
    }

    @Test(
        "Braces in literals and comments do not count",
        arguments: [
            ##"let a = "}}}""##, ##"let a = "\"}""##, ##"let a = "\(b ? "}" : "{{")""##,
            ##"let a = "\([1].map { $0 })""##,
            ###"let a = #"}"}\"#"###, ###"let a = #"\#("}")}"#"###, "// }", "/* } /* } */ } */", "/// `}`",
            "let a = \"\"\"\n  }\n  \\(\"}\") \"}\"\n  \"\"\"", "let a = #\"\"\"\n  }\n  \"\"\" }\n  \"\"\"#",
            "let a = #/}/#", "let a = b.contains(/}/)", "let a = b / c // }", ##"let a = "" + "}""##,
        ]
    )
    func literals(_ line: String) throws {
        let lines = line.split(separator: "\n").count
        #expect(
            try bodies("func f() {\n\(line)\n}\nfunc g() {\n}") == ["f 1-\(lines + 2)", "g \(lines + 3)-\(lines + 4)"])
    }

    @Test("Code in an interpolation stays visible")
    func interpolation() {
        let file = SourceFile(path: "Sample.swift", text: #"let a = "x \(try! f("y")) z""#)
        #expect(file.codeLines == [#"let a = "   (try! f(" "))  ""#])
    }

    @Test("Braces that do not match are an error", arguments: ["func f() {", "func f() { } }", "}"])
    func unbalanced(_ text: String) {
        #expect(throws: FunctionScanner.UnbalancedBraces.self) { try bodies(text) }
        let violations = SizeRules.functionLength(SourceFile(path: "Sample.swift", text: text))
        #expect(violations.map(\.subject) == ["braces"])
    }

    @Test("C: functions, not tables and types")
    func c() throws {
        let text = """
            struct pair {
                int a;
            };
            static const int table[2] = {
                1, '}', '\\'',
            };
            int
            add(int a,
                int b)
            {
                return a + "}"[0]; /* } */
            }
            """
        #expect(try bodies(text, "add.c") == ["add 8-12"])
    }

    @Test("Python: by indentation")
    func python() throws {
        let text = """
            class A:
                def one(
                    self,
                ) -> None:
                    pass

                async def two(self):
                    if True:
                        pass

            def three(): pass
            x = 1
            """
        #expect(try bodies(text, "a.py") == ["one 2-5", "two 7-9", "three 11-11"])
    }
}
