package ref

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA rounds x*y+z once, by way of big.Float at a precision that holds every
// bit of product and sum (float32 exponents span less than 300+300 bits).
func exactFMA(x, y, z float32) float32 {
	exact := func(f float32) *big.Float { return new(big.Float).SetPrec(1200).SetFloat64(float64(f)) }
	s := exact(0).Mul(exact(x), exact(y))
	s.Add(s, exact(z))
	f, _ := s.Float32()
	return f
}

func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	finite := func() float32 {
		for {
			f := math.Float32frombits(r.Uint32())
			if !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) {
				return f
			}
		}
	}
	doubleRounded := 0 // cases where the plain float64 expression is wrong
	check := func(x, y, z float32) {
		t.Helper()
		got, want := FMA(x, y, z), exactFMA(x, y, z)
		if got != want || (want != 0 && math.Signbit(float64(got)) != math.Signbit(float64(want))) {
			t.Fatalf("FMA(%g, %g, %g) = %g (%#08x), want %g (%#08x)", x, y, z,
				got, math.Float32bits(got), want, math.Float32bits(want))
		}
		if float32(float64(x)*float64(y)+float64(z)) != want {
			doubleRounded++
		}
	}
	// Products a little beside half a unit of z: rounded to float64 the sum is a
	// tie, and rounding that again goes the wrong way for half of the z.
	for j := 13; j <= 22; j++ {
		d := float32(math.Ldexp(1, -j))
		for range 1000 {
			z := 1 + float32(r.IntN(1<<23))*0x1p-23
			for _, y := range []float32{(1 - d) * 0x1p-24, (1 + d) * 0x1p-24} {
				check(1+d, y, z)
				check(1-d, -y, z)
				check(1+d, -y, -z)
			}
		}
	}
	// Subnormal results, and sums that cancel to the last bit.
	check(0x1p-126, 0x1.8p-23, 0x1p-149)
	check(0x1.fffffep-1, 0x1p-149, 0x1p-149)
	draws := 200_000
	if testing.Short() {
		draws = 40_000
	}
	for range draws {
		x, y := finite(), finite()
		check(x, y, finite())
		// z of the size of the product, so that all bits of it matter.
		p := float64(x) * float64(y)
		if a := math.Abs(p); a < 1e38 && a > 1e-37 {
			for _, scale := range []float64{-1, 1, -0x1p20, 0x1p24, 0x1p25, -0x1p-20} {
				z := float32(p * scale * (1 + 1e-6*r.Float64()))
				if !math.IsInf(float64(z), 0) {
					check(x, y, z)
				}
			}
		}
		// Few bits each: ties and near ties become common.
		x = float32(r.IntN(1<<13)) * 0x1p-6
		y = float32(r.IntN(1<<13)) * 0x1p-30
		check(x, y, float32(r.IntN(1<<24)))
		check(x, y, -float32(r.IntN(1<<24)))
	}
	if doubleRounded == 0 {
		t.Error("no case met in which rounding twice is wrong: the sweep proves nothing")
	}
	// big.Float has no signed zeros, infinities or NaN to compare with.
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	negZero := float32(math.Copysign(0, -1))
	for _, c := range []struct{ x, y, z, want float32 }{
		{0, 1, 0, 0}, {negZero, 1, negZero, negZero}, {negZero, 1, 0, 0}, {1, 1, -1, 0},
		{inf, 1, 0, inf}, {inf, 0, 1, nan}, {inf, 1, -inf, nan}, {nan, 1, 1, nan}, {1, 1, nan, nan},
		{math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32, inf}, {1e-30, -1e-30, 0, negZero},
	} {
		got := FMA(c.x, c.y, c.z)
		same := math.Float32bits(got) == math.Float32bits(c.want) || (got != got && c.want != c.want)
		if !same {
			t.Errorf("FMA(%g, %g, %g) = %g, want %g", c.x, c.y, c.z, got, c.want)
		}
	}
}
