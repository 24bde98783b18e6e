/// Everything that may break a rule, each with its reason. One that covers nothing any more fails the tidy test.
let exceptions: [TidyException] = []
