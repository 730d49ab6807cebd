package safetensors

import (
	"math"
	"strings"
	"testing"
)

// Every half number is read as the standard's formula says and written back as itself;
// every float32 between two of them goes to the nearer one, ties to even.
func TestHalfNumbers(t *testing.T) {
	for h := range 1 << 16 {
		v := fromHalf(uint16(h))
		sign, exponent, fraction := 1.0, h>>10&31, float64(h&1023)/1024
		if h>>15 == 1 {
			sign = -1
		}
		want := sign * math.Pow(2, float64(exponent-15)) * (1 + fraction)
		switch {
		case exponent == 0:
			want = sign * math.Pow(2, -14) * fraction
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		if math.Float64bits(v) != math.Float64bits(want) && (v == v || want == want) {
			t.Fatalf("%#04x is read as %g, want %g", h, v, want)
		}
		if v == v {
			if back := toHalf(float32(v)); back != uint16(h) {
				t.Fatalf("%g is written as %#04x, want %#04x", v, back, h)
			}
		}
		if h&0x7fff >= 0x7c00 {
			continue
		}
		next := fromHalf(uint16(h + 1))
		if h&0x7fff == 0x7bff {
			next = sign * 65536
		}
		even := uint16(h + h&1)
		for _, c := range []struct {
			at   float64
			want uint16
		}{{(v + next) / 2, even}, {(v+next)/2 - sign*math.Abs(next-v)/64, uint16(h)}, {(v+next)/2 + sign*math.Abs(next-v)/64, uint16(h + 1)}} {
			if got := toHalf(float32(c.at)); got != c.want {
				t.Fatalf("%g is written as %#04x, want %#04x", c.at, got, c.want)
			}
		}
	}
	if h := toHalf(float32(math.NaN())); !math.IsNaN(fromHalf(h)) {
		t.Errorf("NaN is written as %#04x", h)
	}
}

func TestBfloat(t *testing.T) {
	for _, c := range []struct {
		v    float32
		want uint16
	}{{1, 0x3f80}, {-2, 0xc000}, {math.Float32frombits(0x3f808000), 0x3f80}, {math.Float32frombits(0x3f818000), 0x3f82}, {math.Float32frombits(0x3f808001), 0x3f81}, {float32(math.Inf(1)), 0x7f80}} {
		if got := toBfloat(c.v); got != c.want {
			t.Errorf("%g is written as %#04x, want %#04x", c.v, got, c.want)
		}
	}
	if h := toBfloat(math.Float32frombits(0x7f800001)); h&0x7f80 != 0x7f80 || h&0x7f == 0 {
		t.Errorf("NaN is written as %#04x", h)
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		dtype string
		data  []byte
		want  []float32
	}{
		{"F64", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float32{1.5}},
		{"F32", []byte{0, 0, 0xc0, 0x3f}, []float32{1.5}},
		{"F16", []byte{0, 0x3e, 0, 0xbe}, []float32{1.5, -1.5}},
		{"BF16", []byte{0xc0, 0x3f}, []float32{1.5}},
		{"I8", []byte{0xff, 2}, []float32{-1, 2}},
		{"U8", []byte{0xff}, []float32{255}},
		{"BOOL", []byte{0, 1}, []float32{0, 1}},
		{"I16", []byte{0xfe, 0xff}, []float32{-2}},
		{"U16", []byte{0xfe, 0xff}, []float32{65534}},
		{"I32", []byte{0xfd, 0xff, 0xff, 0xff}, []float32{-3}},
		{"U32", []byte{0, 0, 0, 0x80}, []float32{1 << 31}},
		{"I64", []byte{0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []float32{-4}},
		{"U64", []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, []float32{1 << 63}},
	} {
		got := make([]float32, len(c.want))
		if err := Convert(got, Tensor{Name: "x", DType: c.dtype, Data: c.data}); err != nil {
			t.Error(c.dtype, err)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %g, want %g", c.dtype, got[i], c.want[i])
			}
		}
		if err := Convert(make([]float32, len(got)+1), Tensor{Name: "x", DType: c.dtype, Data: c.data}); err == nil || !strings.Contains(err.Error(), "elements") {
			t.Errorf("%s, wrong length: %v", c.dtype, err)
		}
	}
	for _, c := range []struct {
		t    Tensor
		want string
	}{
		{Tensor{Name: "x", DType: "F8_E4M3", Data: []byte{1}}, `dtype "F8_E4M3" has no conversion, want one of F64`},
		{Tensor{Name: "x", DType: "C64", Data: make([]byte, 8)}, `dtype "C64" has no conversion`},
		{Tensor{Name: "x", DType: "F64", Data: []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7e}}, "element 0 is 2.7430620343968443e+303, beyond float32"},
	} {
		if err := Convert(make([]float32, 1), c.t); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.t.DType, err, c.want)
		}
	}
}

func TestNewHalf(t *testing.T) {
	values := []float32{0, 1, -2.5, 1e-7, float32(math.Inf(-1))}
	for _, dtype := range []string{"F16", "BF16"} {
		h, err := NewHalf(dtype, "x", []int{5}, values)
		if err != nil {
			t.Fatal(err)
		}
		back := make([]float32, 5)
		if err := Convert(back, h); err != nil {
			t.Fatal(err)
		}
		for i, v := range back {
			if v != values[i] && !(math.Abs(float64(v-values[i])) <= 0.3e-7) {
				t.Errorf("%s: %g comes back as %g", dtype, values[i], v)
			}
		}
	}
	if _, err := NewHalf("F16", "x", []int{1}, []float32{65520}); err == nil || !strings.Contains(err.Error(), "element 0 is 65520: F16 holds up to 65504") {
		t.Errorf("65520 as F16: %v", err)
	}
	if _, err := NewHalf("BF16", "x", []int{1}, []float32{math.MaxFloat32}); err == nil || !strings.Contains(err.Error(), "BF16 holds up to 3.38") {
		t.Errorf("MaxFloat32 as BF16: %v", err)
	}
	if _, err := NewHalf("F32", "x", nil, nil); err == nil {
		t.Error("F32 is taken as half")
	}
}
