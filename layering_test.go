package sinew_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sinew-ml/sinew"

// May import, of this module, in code that ships (not tests): downwards only.
var layers = map[string][]string{
	"":                      {},
	"/internal/isa":         {},
	"/internal/ref":         {}, // the specification: only tests import it
	"/internal/fmath":       {},
	"/internal/rng":         {"/internal/fmath"},
	"/internal/atomicfile":  {},
	"/internal/safetensors": {},
	"/mat":                  {"/internal/isa", "/internal/fmath"},
	"/net":                  {"/mat", "/internal/rng", "/internal/atomicfile", "/internal/safetensors"},
	"/train":                {"/net", "/mat", "/internal/rng"},
	"/fixtures":             {},
	"/cmd/sinew":            {"/mat", "/net", "/train", "/fixtures", "/internal/atomicfile"},
}

// What the core may need from outside of the standard library.
var outside = []string{"github.com/klauspost/cpuid/v2", "golang.org/x/sys"}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command on this machine (the test runs under emulation or away from its source)")
	}
	out, err := exec.Command("go", append([]string{"list"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, out)
	}
	return strings.Fields(string(out))
}

func TestLayering(t *testing.T) {
	// One line per package: path, then a comma and what it imports.
	found := 0
	for _, line := range goList(t, "-f", `{{.ImportPath}},{{join .Imports ","}}`, module+"/...") {
		parts := strings.Split(line, ",")
		name := strings.TrimPrefix(parts[0], module)
		allowed, ok := layers[name]
		if !ok {
			t.Errorf("package %q has no line in the table of layers", name)
			continue
		}
		found++
		for _, imported := range parts[1:] {
			if down, ours := strings.CutPrefix(imported, module); ours && !slices.Contains(allowed, down) {
				t.Errorf("%q imports %q", name, down)
			}
		}
	}
	if found != len(layers) {
		t.Errorf("%d packages found, the table of layers has %d", found, len(layers))
	}
}

func TestCoreDependencies(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "linux/arm64", "windows/amd64", "js/wasm"} {
		goos, goarch, _ := strings.Cut(platform, "/")
		t.Setenv("GOOS", goos)
		t.Setenv("GOARCH", goarch)
		deps := goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+"/mat", module+"/net", module+"/train")
		if !slices.Contains(deps, module+"/train") {
			t.Fatalf("%s: go list -deps gives %v", platform, deps)
		}
		for _, d := range deps {
			ours := strings.HasPrefix(d, module+"/")
			for _, o := range outside {
				ours = ours || d == o || strings.HasPrefix(d, o+"/")
			}
			if !ours {
				t.Errorf("%s: the core depends on %s", platform, d)
			}
		}
	}
}
