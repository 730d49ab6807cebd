package report

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"name":"adam"}`, "adam"},
		{`{"name":"sgd","momentum":0.9,"nesterov":true}`, "sgd, momentum 0.9, nesterov"},
		{`{"name":"warmup","steps":20,"then":{"name":"one-cycle","peak":0.01,"final_divide":1e3}}`, "warmup, steps 20, then one-cycle, peak 0.01, final divide 1e3"},
		{`[1,2.5]`, "1, 2.5"},
		{`[{"l1":0},{},{"l2":1e-05,"frozen":true}]`, "0: l1 0; 1: as all; 2: l2 1e-05, frozen"},
		{`true`, "yes"},
		{`false`, "no"},
		{`null`, "none"},
		{`"validation-accuracy"`, "validation-accuracy"},
		{`32`, "32"},
		{`[]`, ""},
		{`{"a":`, `{"a":`},
		{`{"a":1} x`, `{"a":1} x`},
	} {
		if got := Words([]byte(c.text)); got != c.want {
			t.Errorf("%s reads %q, want %q", c.text, got, c.want)
		}
	}
}

// Text that is nested deeper than JSON is read stays as it is, and takes no stack.
func TestWordsDeep(t *testing.T) {
	const depth = 1 << 20
	text := strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)
	if Words([]byte(text)) != text {
		t.Error("the text is read")
	}
}
