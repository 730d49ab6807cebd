package sinew_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	"/internal/parts":       {},
	"/mat":                  {"/internal/isa", "/internal/fmath", "/internal/rng", "/internal/parts"},
	"/internal/sweep":       {"/mat", "/internal/isa"},
	"/internal/mutate":      {},
	"/net":                  {"/mat", "/internal/rng", "/internal/parts", "/internal/atomicfile", "/internal/safetensors"},
	"/train":                {"/net", "/mat", "/internal/rng", "/internal/fmath", "/internal/parts", "/internal/atomicfile", "/internal/safetensors"},
	"/torch":                {"/net", "/internal/atomicfile", "/internal/safetensors"},
	"/metrics":              {},
	"/data":                 {"/train", "/internal/rng"},
	"/prep":                 {"/train", "/net"},
	"/onnx":                 {"/net", "/mat", "/internal/fmath", "/internal/atomicfile"},
	"/fixtures":             {},
	"/examples/classify":    {"/fixtures", "/metrics", "/net", "/train"},
	"/examples/embed":       {"/net"},
	"/examples/ensemble":    {"/fixtures", "/metrics", "/net", "/train"},
	"/examples/finetune":    {"/fixtures", "/net", "/train"},
	"/examples/loop":        {"/net", "/train"},
	"/examples/regress":     {"/fixtures", "/metrics", "/net", "/prep", "/train"},
	"/examples/serve":       {"/fixtures", "/net", "/train"},
	"/report":               {"/net", "/train", "/metrics", "/internal/atomicfile"},
	"/cmd/sinew": {"/mat", "/net", "/train", "/data", "/prep", "/onnx", "/torch", "/report", "/fixtures",
		"/internal/atomicfile", "/internal/safetensors"},
}

// What the core may need from outside of the standard library.
var outside = []string{"github.com/klauspost/cpuid/v2", "golang.org/x/sys"}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command on this machine (the test runs under emulation or away from its source)")
	}
	out, err := exec.Command("go", append([]string{"list"}, args...)...).CombinedOutput()
	require.NoError(t, err, "go list %v: %s", args, out)
	return strings.Fields(string(out))
}

// platforms have files of their own; purego stands for a build tag.
var platforms = []string{"linux/amd64", "linux/amd64/purego", "linux/arm64", "linux/arm", "darwin/arm64", "windows/amd64", "js/wasm"}

// eachPlatform runs f with the environment and the arguments of go list for a platform.
func eachPlatform(t *testing.T, f func(t *testing.T, tags string)) {
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			parts := strings.Split(platform+"/", "/")
			t.Setenv("GOOS", parts[0])
			t.Setenv("GOARCH", parts[1])
			f(t, "-tags="+parts[2])
		})
	}
}

func TestLayering(t *testing.T) {
	eachPlatform(t, func(t *testing.T, tags string) {
		found := 0
		// One line per package: path, then a comma and what it imports.
		for _, line := range goList(t, tags, "-f", `{{.ImportPath}},{{join .Imports ","}}`, module+"/...") {
			parts := strings.Split(line, ",")
			name := strings.TrimPrefix(parts[0], module)
			require.Contains(t, layers, name, "a package has no line in the table of layers")
			found++
			for _, imported := range parts[1:] {
				if down, ours := strings.CutPrefix(imported, module); ours {
					assert.Contains(t, layers[name], down, "%q imports what is not below it", name)
				}
			}
		}
		assert.Equal(t, len(layers), found, "packages in the table of layers, and found")
	})
}

func TestCoreDependencies(t *testing.T) {
	eachPlatform(t, func(t *testing.T, tags string) {
		deps := goList(t, tags, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+"/mat", module+"/net", module+"/train")
		require.Contains(t, deps, module+"/train")
		for _, d := range deps {
			known := strings.HasPrefix(d, module+"/") || slices.ContainsFunc(outside, func(o string) bool {
				return d == o || strings.HasPrefix(d, o+"/")
			})
			assert.True(t, known, "the core depends on %s", d)
		}
	})
}

// TestSmallCompilers holds mat and net to what TinyGo has: no reflection of their own, no
// finalizers (encoding/json, for configurations, is known to it).
func TestSmallCompilers(t *testing.T) {
	for _, dir := range []string{"mat", "net"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, bad := range []string{`"reflect"`, "runtime.SetFinalizer", "runtime.AddCleanup"} {
				assert.NotContains(t, string(text), bad, name)
			}
		}
	}
}
