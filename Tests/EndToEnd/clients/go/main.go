// Command clients calls every action of the SQS API with the SDKs of AWS for Go.
//
//	clients v1|v2 ENDPOINT PREFIX     prefix begins the names of the queues
//
// It ends with 1 at the first check that fails, and otherwise writes what was run, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// A story has run, and every one of its checks was met.
type summary struct {
	Client string   `json:"client"`
	Called []string `json:"called"`
	// Actions that the SDK has and the story did not call.
	Missing []string `json:"missing"`
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: clients v1|v2 ENDPOINT PREFIX")
		os.Exit(2)
	}
	stories := map[string]func(endpoint, prefix string) summary{"v1": storyV1, "v2": storyV2}
	story, known := stories[os.Args[1]]
	if !known {
		fmt.Fprintln(os.Stderr, "no such SDK:", os.Args[1])
		os.Exit(2)
	}
	must(0, json.NewEncoder(os.Stdout).Encode(story(os.Args[2], os.Args[3])))
}
