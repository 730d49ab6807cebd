package sinew_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What the documents call mat.Gemm or train.Config is there to be found.
func TestDocumentsNameWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^(\w+): (?:(?:func|type|var|const) )?(?:\([^)]*\) )?([A-Z]\w*)`)
	for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
		known[m[1]+"."+m[2]] = true
	}
	named := regexp.MustCompile(`\b(` + strings.Join(public, "|") + `)\.([A-Z]\w*)`)
	found := 0
	for _, file := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if !known[m[1]+"."+m[2]] {
				t.Errorf("%s names %s, which is not exported", file, m[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("%d names found", found)
	}
}
