package mat

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestNEONConstants holds that the tables of constants for amd64 and arm64 are the same
// numbers: an error in the last place of a small coefficient changes few results, at
// arguments that a sample may miss.
func TestNEONConstants(t *testing.T) {
	read := func(name, pattern string) [][]string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1)
	}
	lanes := func(word string) (low, high uint32) {
		bits, err := strconv.ParseUint(word, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(bits), uint32(bits >> 32)
	}
	want := map[string]uint32{}
	for _, m := range read("act_amd64.s", `(?m)^CONSTANT\(\d+, \$0x([0-9a-f]{16})\) // (\w+)`) {
		want[m[2]], _ = lanes(m[1])
	}
	const sign = 1 << 31
	for name, of := range map[string]string{"GELUMIN": "GELUMAX", "SILUMIN": "SILUMAX", "GTMIN": "GTMAX"} {
		want[name] = want[of] ^ sign
	}
	packed := map[string][4]string{
		"EXPS":   {"LOG2E", "LN2HI", "LN2LO", "EXP4"},
		"TANHS":  {"TANH4", "TANH4", "TANH4", "TANH4"},
		"LOG1PS": {"LOG1P8", "LOG1P8", "LOG1P8", "LOG1P8"},
		"LOGS":   {"TWO23", "LOG7", "LN2LO", "LN2HI"},
		"GELUS":  {"NEGHALF", "TAILP4", "TAILQ5", "DENSITY"},
		"GTS":    {"GT3", "GT3LO", "GT3TIMES3", "GT3"},
	}
	table := read("act_arm64.s", `(?m)^CONSTANT4?\(k(\w+), \$0x([0-9a-f]{16})(?:, \$0x([0-9a-f]{16}))?\)`)
	count := read("act_arm64.h", `(?m)^#define kCOUNT (\d+)$`)
	if len(count) != 1 || count[0][1] != strconv.Itoa(len(table)) {
		t.Errorf("%d constants in act_arm64.s, but kCOUNT of act_arm64.h is %v", len(table), count)
	}
	for _, m := range table {
		name, low, high := m[1], m[2], m[3]
		if high == "" {
			high = low
		}
		var got [4]uint32
		got[0], got[1] = lanes(low)
		got[2], got[3] = lanes(high)
		names, ok := packed[name]
		if !ok {
			names = [4]string{name, name, name, name}
		}
		for i, n := range names {
			if bits, ok := want[n]; !ok || got[i] != bits {
				t.Errorf("%s, lane %d: %#08x, but %s of act_amd64.s is %#08x", name, i, got[i], n, bits)
			}
		}
	}
}
