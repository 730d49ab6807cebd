package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// TestUpdateColumns compares with Update of the columns' elements, and nothing else of the
// matrices is written. Arrays end and begin beside unreadable memory.
func TestUpdateColumns(t *testing.T) {
	_, pool := generate(special, 20011, 1)
	_, plain := generate(normal, 20011, 1)
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const most = (2*updateRows + 3) * 70
		var mem memory
		var intact [5]func() bool
		for j := range mem {
			mem[j], intact[j] = fenced(t, most)
		}
		someRows := []int{0, 1, 2, 7, updateRows - 1, updateRows, updateRows + 1, 2*updateRows + 3}
		if testing.Short() {
			someRows = []int{0, 1, updateRows + 1}
		}
		finites, cases := 0, 0
		for o := range updates {
			op := &updates[o]
			for _, rows := range someRows {
				for _, c := range [][3]int{{1, 0, 1}, {16, 0, 16}, {64, 0, 64}, {64, 16, 48}, {70, 32, 70}, {70, 5, 61}, {40, 0, 7}, {40, 24, 24}, {33, 1, 33}} {
					ld, from, to := c[0], c[1], c[2]
					terms := someTerms[(o+rows+ld)%len(someTerms)]
					r := rand.New(rand.NewPCG(uint64(o), uint64(rows*ld+from)))
					where := fmt.Sprintf("isa %v, %d rows, columns %d...%d of %d, %+v", level, rows, from, to, ld, terms)
					values := plain[0]
					if (rows+from)%3 == 0 {
						values = pool[0]
					}
					var got, want, columns memory
					for j := range op.arrays() {
						got[j] = mem[j][:rows*ld]
						if (rows+ld)%2 == 0 {
							got[j] = mem[j][len(mem[j])-rows*ld:]
						}
						for i := range got[j] {
							got[j][i] = values[r.IntN(len(values))]
							if j >= 2 {
								got[j][i] = abs(got[j][i])
							}
						}
						want[j] = slices.Clone(got[j])
						for i := range rows {
							columns[j] = append(columns[j], got[j][i*ld+from:i*ld+to]...)
						}
					}
					rule := op.rule(3)
					wantFinite := rule.Update(columns[0], columns[1], columns.state(op), terms)
					for j := range op.arrays() {
						for i := range rows {
							copy(want[j][i*ld+from:i*ld+to], columns[j][i*(to-from):])
						}
					}
					finite := rule.UpdateColumns(got[0], got[1], got.state(op), ld, from, to, terms)
					op.compare(t, &got, &want, finite, wantFinite, where)
					if cases++; finite {
						finites++
					}
				}
			}
		}
		for j := range mem {
			if !intact[j]() {
				t.Errorf("isa %v: memory beside %c is written", level, memoryNames[j])
			}
		}
		if finites < cases/10 || finites == cases {
			t.Errorf("isa %v: %d of %d results are finite", level, finites, cases)
		}
	})
}

func TestUpdateColumnsPanics(t *testing.T) {
	rule := Momentum(0.1, 0.9)
	for _, c := range []struct{ w, dw, state, ld, from, to int }{
		{12, 11, 12, 4, 0, 4}, {12, 12, 13, 4, 0, 4}, {12, 12, 12, 0, 0, 0}, {12, 12, 12, 5, 0, 4}, {12, 12, 12, 4, -1, 4}, {12, 12, 12, 4, 3, 2}, {12, 12, 12, 4, 0, 5},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v does not panic", c)
				}
			}()
			rule.UpdateColumns(make([]float32, c.w), make([]float32, c.dw), [][]float32{make([]float32, c.state)}, c.ld, c.from, c.to, Terms{Clip: 1})
		}()
	}
}

// TestSquareSum compares bits with the order of the documentation.
func TestSquareSum(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		mem, intact := fenced(t, 5*columnRows*70)
		for _, dist := range []string{normal, wide, oneOdd} {
			for _, rows := range []int{0, 1, 2, 7, columnRows - 1, columnRows, columnRows + 1, 2*columnRows + 3} {
				for _, c := range [][2]int{{1, 1}, {15, 15}, {16, 16}, {17, 40}, {64, 64}, {33, 70}, {0, 3}} {
					cols, ld := c[0], c[1]
					n := max(0, (rows-1)*ld+cols)
					x := mem[len(mem)-n:]
					_, v := generate(dist, n, 1)
					copy(x, v[0])
					want := 0.0
					for at := 0; at < cols; at += 16 {
						var columns [16]float64
						for l := range min(16, cols-at) {
							var s [2]float64
							for i := range rows {
								s[i%2] += float64(x[i*ld+at+l]) * float64(x[i*ld+at+l])
							}
							columns[l] = s[0] + s[1]
						}
						for half := 8; half > 0; half /= 2 {
							for l := range half {
								columns[l] += columns[l+half]
							}
						}
						want += columns[0]
					}
					if got := SquareSum(x, rows, cols, ld); math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
						t.Fatalf("isa %v, %s inputs, %d×%d in rows of %d: %g, want %g", level, dist, rows, cols, ld, got, want)
					}
				}
			}
		}
		if !intact() {
			t.Error("memory beside x is written")
		}
	})
}
