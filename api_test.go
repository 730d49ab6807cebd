package sinew_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Exported names are promises: each has documentation, and from the first tag on none
// changes or goes without a new major version.

var updateAPI = flag.Bool("update-api", false, "write .ci/api.txt from the sources")

const apiFile = ".ci/api.txt"

// public are the packages whose names users write.
var public = []string{"data", "mat", "metrics", "net", "onnx", "prep", "torch", "train"}

// api collects what a package exports, one line each, and the names without documentation.
type api struct {
	pkg          string
	set          *token.FileSet
	lines        []string
	undocumented []string
}

func (a *api) add(name, declaration string, documented bool) {
	declaration = strings.Join(strings.Fields(declaration), " ")
	a.lines = append(a.lines, a.pkg+": "+declaration)
	if !documented {
		a.undocumented = append(a.undocumented, a.pkg+"."+name)
	}
}

func source(node any) string {
	var b bytes.Buffer
	if err := format.Node(&b, token.NewFileSet(), node); err != nil {
		panic(err)
	}
	return b.String()
}

// receiver returns the name of a method's type, "" for a function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	t := fn.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	return t.(*ast.Ident).Name
}

func (a *api) file(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			on := receiver(d)
			if !d.Name.IsExported() || on != "" && !ast.IsExported(on) {
				continue
			}
			name := d.Name.Name
			if on != "" {
				name = on + "." + name
			}
			// Error needs none: package errors says what it is.
			documented := d.Name.Name == "Error" || d.Doc.Text() != "" && mentions(d.Doc.Text(), d.Name.Name)
			d.Body, d.Doc = nil, nil
			a.add(name, source(d), documented)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						if id.IsExported() {
							a.add(id.Name, d.Tok.String()+" "+id.Name, d.Doc != nil || spec.Doc != nil || spec.Comment != nil)
						}
					}
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						a.typeSpec(d, spec)
					}
				}
			}
		}
	}
}

func (a *api) typeSpec(d *ast.GenDecl, spec *ast.TypeSpec) {
	name, doc := spec.Name.Name, d.Doc.Text()+spec.Doc.Text()
	var fields *ast.FieldList
	switch t := spec.Type.(type) {
	case *ast.StructType:
		a.add(name, "type "+name+" struct", doc != "")
		fields = t.Fields
	case *ast.InterfaceType:
		a.add(name, "type "+name+" interface", doc != "")
		fields = t.Methods
	default:
		a.add(name, "type "+name+" "+source(t), doc != "")
		return
	}
	above := false // a comment stands above a group of fields, which an empty line ends
	last := 0
	for _, field := range fields.List {
		above = field.Doc != nil || above && a.set.Position(field.Pos()).Line == last+1
		last = a.set.Position(field.End()).Line
		for _, id := range field.Names {
			if id.IsExported() {
				a.add(name+"."+id.Name, name+"."+id.Name+" "+source(field.Type), above || field.Comment != nil || mentions(doc, id.Name) || source(field.Type) == id.Name)
			}
		}
	}
}

// mentions reports whether the text has the word.
func mentions(text, word string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).MatchString(text)
}

// exported reads all public packages.
func exported(t *testing.T) (lines, undocumented []string) {
	t.Helper()
	for _, pkg := range public {
		dir, err := build.ImportDir(pkg, 0)
		require.NoError(t, err)
		a := api{pkg: pkg, set: token.NewFileSet()}
		hasDoc := false
		for _, name := range dir.GoFiles {
			f, err := parser.ParseFile(a.set, filepath.Join(pkg, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			hasDoc = hasDoc || f.Doc != nil
			a.file(f)
		}
		if !hasDoc {
			a.undocumented = append(a.undocumented, "package "+pkg)
		}
		require.NotEmpty(t, a.lines, "package %s exports nothing", pkg)
		lines = append(lines, a.lines...)
		undocumented = append(undocumented, a.undocumented...)
	}
	slices.Sort(lines)
	return lines, undocumented
}

func TestEveryNameIsDocumented(t *testing.T) {
	_, undocumented := exported(t)
	for _, name := range undocumented {
		t.Errorf("%s has no documentation, or one that does not name it", name)
	}
}

// TestAPI compares the exported names with the list in .ci: a new line is an addition to
// write down (-update-api), a line gone or changed breaks programs that use it.
func TestAPI(t *testing.T) {
	lines, _ := exported(t)
	if *updateAPI {
		require.NoError(t, os.WriteFile(apiFile, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
	listed, err := os.ReadFile(apiFile)
	require.NoError(t, err)
	want := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(listed), "\r\n", "\n")), "\n")
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("gone or changed: %s", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(want, line) {
			t.Errorf("not in %s yet: %s", apiFile, line)
		}
	}
	if t.Failed() {
		t.Log("after thinking about who uses it: go test -run TestAPI . -update-api")
	}
}

// TestDocumentationFaults shows the checks what they must find.
func TestDocumentationFaults(t *testing.T) {
	const text = `// Package p is.
package p

// F does.
func F(x []float32) {}

// Does G.
func g() {}

func H() {}

// It does.
func I() {}

// T is a type with a Size.
type T struct {
	Size int
	Bare int

	// Group: A and B.
	A, B int
	C    int

	D      int
	hidden int
}

func (t *T) M() {}
func (t hiddenToo) N() {}

// Two of them.
const (
	One = 1
	two = 2
)

var V int
`
	a := api{pkg: "p", set: token.NewFileSet()}
	f, err := parser.ParseFile(a.set, "p.go", text, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	a.file(f)
	require.Equal(t, []string{"p.H", "p.I", "p.T.Bare", "p.T.D", "p.T.M", "p.V"}, a.undocumented)
	require.Equal(t, []string{
		"p: func F(x []float32)", "p: func H()", "p: func I()", "p: type T struct", "p: T.Size int", "p: T.Bare int",
		"p: T.A int", "p: T.B int", "p: T.C int", "p: T.D int", "p: func (t *T) M()", "p: const One", "p: var V",
	}, a.lines)
}
