package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"sort"
)

const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

// fail ends the program with the place of the caller of its caller.
func fail(format string, arguments ...any) {
	_, file, line, _ := runtime.Caller(2)
	fmt.Fprintf(os.Stderr, "%s:%d: %s\n", filepath.Base(file), line, fmt.Sprintf(format, arguments...))
	os.Exit(1)
}

// must takes the result of a call that has to succeed.
func must[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

func equal(found, expected any) {
	if !reflect.DeepEqual(found, expected) {
		fail("found %v, expected %v", found, expected)
	}
}

func check(holds bool, what string) {
	if !holds {
		fail("not so: %s", what)
	}
}

// recorder keeps which actions were called, and knows which there are.
type recorder map[string]bool

func (called recorder) summary(client string, actions []string) summary {
	done := summary{Client: client, Called: []string{}, Missing: []string{}}
	for _, action := range actions {
		if called[action] {
			done.Called = append(done.Called, action)
		} else {
			done.Missing = append(done.Missing, action)
		}
	}
	sort.Strings(done.Called)
	return done
}

// falsifier changes the first MD5 sum of a reply, to see that the SDK verifies them.
type falsifier struct{ inner http.RoundTripper }

var sum = regexp.MustCompile(`(MD5Of(?:Message)?Body\W+)[0-9a-f]{8}`)

func (f falsifier) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := f.inner.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	check(sum.Match(body), "the reply has an MD5 sum")
	response.Body = io.NopCloser(bytes.NewReader(sum.ReplaceAll(body, []byte("${1}00000000"))))
	return response, nil
}
