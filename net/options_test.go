package net_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// everything returns a network with all that a configuration offers, and a transform.
func everything(loss net.Loss) *net.Network {
	c := net.Config{Inputs: 4, Loss: loss, Classes: []string{"a", "b", "ć"}, Layers: []net.Layer{
		{Units: 9, Activation: net.GELU, Norm: net.BatchNorm, Eps: 1e-3, Dropout: 0.25, Init: net.LeCun},
		{Units: 7, Activation: net.ELU, Alpha: 0.5, Norm: net.LayerNorm, Dropout: 0.5},
		{Units: 3},
	}}
	switch loss {
	case net.SoftmaxCrossEntropy:
		c.LabelSmoothing = 0.1
	case net.Huber:
		c.Delta = 0.5
	}
	m, err := net.New(c)
	if err != nil {
		panic(err)
	}
	m.Init(3)
	r := rand.New(rand.NewPCG(4, 5))
	t := &net.Transform{Mean: make([]float32, 5), Matrix: make([]float32, 5*4)}
	for i := range t.Mean {
		t.Mean[i] = float32(r.NormFloat64())
	}
	for i := range t.Matrix {
		t.Matrix[i] = float32(r.NormFloat64())
	}
	if err := m.SetTransform(t); err != nil {
		panic(err)
	}
	for i := range 2 {
		gamma, beta := m.Norm(i)
		for j := range gamma {
			gamma[j], beta[j] = 1+float32(r.NormFloat64())/4, float32(r.NormFloat64())/4
		}
	}
	mean, variance := m.Running(0)
	for j := range mean {
		mean[j], variance[j] = float32(r.NormFloat64()), 0.5+r.Float32()
	}
	return m
}

// weighted gives a batch weights, one of them 0.
func weighted(b net.Batch, rows int) net.Batch {
	b.Weights = make([]float32, rows)
	for i := range b.Weights {
		b.Weights[i] = float32(i) / 2
	}
	return b
}

// Every activation × loss × norm × dropout, with and without row weights and a transform.
func TestCheckGradientsOfEverything(t *testing.T) {
	const rows = 9
	cases := 0
	for _, act := range net.Activations() {
		for _, norm := range []net.Norm{net.NoNorm, net.BatchNorm, net.LayerNorm} {
			for _, loss := range net.Losses() {
				for _, dropout := range []float64{0, 0.3} {
					if testing.Short() && (int(act)+int(norm)+int(loss))%5 != 0 {
						continue
					}
					c := net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{
						{Units: 7, Activation: act, Norm: norm, Dropout: dropout},
						{Units: 6, Activation: act, Norm: norm},
						{Units: 3},
					}}
					if act == net.ELU {
						c.Layers[0].Alpha = 0.7
					}
					if loss == net.SoftmaxCrossEntropy && dropout > 0 {
						c.LabelSmoothing = 0.2
					}
					m := randomNetwork(t, c)
					b := randomBatch(m, rows, values)
					if loss == net.BinaryCrossEntropy {
						for i, v := range b.Y {
							b.Y[i] = float32(1 / (1 + math.Exp(-float64(v))))
						}
					}
					if dropout > 0 {
						b = weighted(b, rows)
						if err := m.SetTransform(&net.Transform{Mean: []float32{1, 2, 3, 4, 5}, Scale: []float32{1, 2, 1, .5, 1}}); err != nil {
							t.Fatal(err)
						}
					}
					name := fmt.Sprintf("%s, norm %s, %s, dropout %g", act, norm, loss, dropout)
					r, err := net.CheckGradients(m, b)
					if err != nil {
						t.Fatal(name, err)
					}
					if err := r.Err(); err != nil {
						t.Errorf("%s: %v", name, err)
					}
					groups := 6
					if norm != net.NoNorm {
						groups = 10
					}
					if len(r.Groups) != groups {
						t.Errorf("%s: groups\n%s", name, r)
					}
					cases++
				}
			}
		}
	}
	if cases < 40 {
		t.Errorf("%d cases", cases)
	}
}

// Every activation × norm × loss, with and without dropout, weights, smoothing and a
// transform: on the fused levels the passes give the specification's bits.
func TestOptionsEqualSpecification(t *testing.T) {
	const rows = 7
	cases := 0
	for _, act := range net.Activations() {
		for _, norm := range []net.Norm{net.NoNorm, net.BatchNorm, net.LayerNorm} {
			for _, loss := range net.Losses() {
				if testing.Short() && (int(act)+int(norm)+int(loss))%5 != 0 {
					continue
				}
				full := (int(act)+int(norm)+int(loss))%2 == 0
				c := net.Config{Inputs: 6, Loss: loss, Layers: []net.Layer{
					{Units: 35, Activation: act, Norm: norm}, {Units: 18, Activation: act, Norm: norm}, {Units: 5},
				}}
				if full {
					c.Layers[0].Dropout = 0.4
					if loss == net.SoftmaxCrossEntropy {
						c.LabelSmoothing = 0.1
					}
					if act == net.ELU || act == net.LeakyReLU {
						c.Layers[1].Alpha = 0.3
					}
					if norm != net.NoNorm {
						c.Layers[1].Eps = 1e-3
					}
				}
				m := randomNetwork(t, c)
				b := randomBatch(m, rows, values)
				if full {
					b = weighted(b, rows)
					if err := m.SetTransform(&net.Transform{Mean: []float32{1, 2, 3, 4, 5, 6}, Scale: []float32{1, 2, 1, .5, 1, 3}}); err != nil {
						t.Fatal(err)
					}
				}
				for i := range 2 {
					mean, variance := m.Running(i)
					for j := range mean {
						mean[j], variance[j] = float32(j)/16, 1+float32(j)/8
					}
				}
				s := spec(m)
				wantOut := s.Forward(b.X, rows)
				wantLoss, wantGrads := s.Gradient(b.X, b.Y, b.Weights, rows)
				for _, level := range isa.Available() {
					if !level.Fused() {
						continue
					}
					name := fmt.Sprintf("%s: %s, norm %s, %s, with options %v: ", level, act, norm, loss, full)
					restore := isa.Force(level)
					out := m.NewPredictor(rows).Predict(b.X)
					ws := m.NewWorkspace(rows)
					got, err := ws.Gradient(b)
					restore()
					if err != nil {
						t.Fatal(name, err)
					}
					sameBits(t, name+"predictions", out, wantOut)
					sameBits(t, name+"gradient", ws.Grads(), wantGrads)
					if got != wantLoss {
						t.Fatalf("%sloss %v, want %v", name, got, wantLoss)
					}
					cases++
				}
			}
		}
	}
	if cases == 0 && len(isa.Available()) > 1 {
		t.Error("no case ran")
	}
}

// Workers share the rows, and the bits do not depend on their number.
func TestTeamsGiveTheSameBits(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		const rows = 300
		for i, loss := range net.Losses() {
			counts := []int{2, 3, 7}
			if testing.Short() {
				counts = counts[i%len(counts):][:1]
			}
			c := everything(loss).Config()
			c.Layers[0].Units, c.Layers[1].Units = 150, 90 // above what one worker does alone
			m := randomNetwork(t, c)
			b := weighted(randomBatch(m, rows, values), rows)
			alone := m.NewWorkspace(rows)
			want, err := alone.Gradient(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, workers := range counts {
				team := mat.NewTeam(workers)
				ws := m.NewWorkspace(rows)
				ws.SetTeam(team)
				got, err := ws.Gradient(b)
				team.Close()
				if err != nil || got != want {
					t.Fatalf("%s, %d workers: loss %v, %v; alone %v", loss, workers, got, err, want)
				}
				sameBits(t, fmt.Sprintf("%s, %d workers: gradient", loss, workers), ws.Grads(), alone.Grads())
			}
		}
	})
}

// Plain layers with ReLU: their gradient goes through the products, and without batch norm
// each worker does its rows in one stage.
func TestTeamsReLU(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		const rows = 301
		m := randomNetwork(t, net.Config{Inputs: 20, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
			{Units: 150, Activation: net.ReLU},
			{Units: 90, Activation: net.ReLU, Dropout: 0.25},
			{Units: 3},
		}})
		b := randomBatch(m, rows, labels)
		alone := m.NewWorkspace(rows)
		want, err := alone.Gradient(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{2, 3} {
			team := mat.NewTeam(workers)
			ws := m.NewWorkspace(rows)
			ws.SetTeam(team)
			got, err := ws.Gradient(b)
			team.Close()
			if err != nil || !ws.Shared() || got != want {
				t.Fatalf("%d workers, shared %v: loss %v, %v; alone %v", workers, ws.Shared(), got, err, want)
			}
			sameBits(t, fmt.Sprintf("%d workers: gradient", workers), ws.Grads(), alone.Grads())
		}
	})
}

// Workers that divide the first layer's units give the same bits, with all that a layer may
// have and numbers of workers that divide them or do not.
func TestDividedUnits(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		rows := 70
		if testing.Short() {
			rows = 33
		}
		for name, c := range map[string]struct {
			first  net.Layer
			divide []int
		}{
			"ReLU":       {net.Layer{Units: 128, Activation: net.ReLU}, []int{2}},
			"layer norm": {net.Layer{Units: 192, Activation: net.SiLU, Norm: net.LayerNorm, Dropout: 0.2}, []int{3}},
			"batch norm": {net.Layer{Units: 256, Activation: net.ReLU, Norm: net.BatchNorm}, []int{2, 4}},
			"identity":   {net.Layer{Units: 320}, nil},
		} {
			for _, transformed := range []bool{false, true} {
				if testing.Short() && transformed != (c.first.Norm == net.BatchNorm) {
					continue
				}
				m := randomNetwork(t, net.Config{Inputs: 300, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{c.first, {Units: 20, Activation: net.ReLU}, {Units: 3}}})
				if transformed {
					if err := m.SetTransform(&net.Transform{Mean: make([]float32, 300), Scale: slices.Repeat([]float32{0.7}, 300)}); err != nil {
						t.Fatal(err)
					}
				}
				b := randomBatch(m, rows, labels)
				alone := m.NewWorkspace(rows)
				want, err := alone.Gradient(b)
				if err != nil {
					t.Fatal(err)
				}
				for _, workers := range []int{2, 3, 4} {
					team := mat.NewTeam(workers)
					ws := m.NewWorkspace(rows)
					ws.SetTeam(team)
					ws.DivideUnits(true)
					got, err := ws.Gradient(b)
					team.Close()
					where := fmt.Sprintf("%s, transform %v, %d workers", name, transformed, workers)
					if err != nil || got != want || ws.Divided() != slices.Contains(c.divide, workers) {
						t.Fatalf("%s, divided %v: loss %v, %v; alone %v", where, ws.Divided(), got, err, want)
					}
					sameBits(t, where+": gradient", ws.Grads(), alone.Grads())
					sameBits(t, where+": outputs", ws.Outputs(rows), alone.Outputs(rows))
				}
			}
		}
	})
}

// The losses by their definitions, on outputs that are given: a layer of identity
// weights.
func TestLossesByHand(t *testing.T) {
	for _, c := range []struct {
		config net.Config
		batch  net.Batch
		want   float64
	}{
		{net.Config{Loss: net.HalfSquaredError}, net.Batch{X: []float32{1, 2, 3, 4}, Y: []float32{0, 0, 1, 1}}, (5 + 13) / 4.0},
		{net.Config{Loss: net.MSE}, net.Batch{X: []float32{1, 2, 3, 4}, Y: []float32{0, 0, 1, 1}}, (5 + 13) / 4.0},
		{net.Config{Loss: net.MAE}, net.Batch{X: []float32{1, -2, 3, 4}, Y: []float32{0, 0, 1, 1}}, (3 + 5) / 4.0},
		{net.Config{Loss: net.Huber}, net.Batch{X: []float32{0.5, -2}, Y: []float32{0, 0}}, (0.125 + 1.5) / 2},
		{net.Config{Loss: net.Huber, Delta: 0.25}, net.Batch{X: []float32{0.5, -2}, Y: []float32{0, 0}}, 0.25 * ((0.5 - 0.125) + (2 - 0.125)) / 2},
		{net.Config{Loss: net.BinaryCrossEntropy}, net.Batch{X: []float32{0, 2}, Y: []float32{1, 0.25}}, (math.Ln2 + math.Log1p(math.Exp(2)) - 0.5) / 2},
		{net.Config{Loss: net.BinaryCrossEntropy}, net.Batch{X: []float32{1e4, -1e4}, Y: []float32{1, 1}}, 1e4 / 2},
		{net.Config{Loss: net.SoftmaxCrossEntropy}, net.Batch{X: []float32{1, 3}, Labels: []int{0}}, math.Log(1 + math.Exp(2))},
		{net.Config{Loss: net.SoftmaxCrossEntropy, LabelSmoothing: 0.2}, net.Batch{X: []float32{1, 3}, Labels: []int{0}}, math.Log(1+math.Exp(2)) - 0.2},
		// Weighted: the mean over weights 1 and 3.
		{net.Config{Loss: net.MSE}, net.Batch{X: []float32{1, 2, 3, 4}, Y: []float32{0, 0, 1, 1}, Weights: []float32{1, 3}}, (2.5 + 3*6.5) / 4},
	} {
		c.config.Inputs, c.config.Layers = 2, []net.Layer{{Units: 2}}
		m := newNetwork(t, c.config)
		w, _ := m.Layer(0)
		w[0], w[3] = 1, 1
		ws := m.NewWorkspace(2)
		alone, err := ws.Loss(c.batch)
		if err != nil {
			t.Fatal(err)
		}
		loss, err := ws.Gradient(c.batch)
		if err != nil || loss != alone || !(math.Abs(loss-c.want) <= 1e-7*(1+c.want)) {
			t.Errorf("%s, %v: loss %v, Loss %v, %v; want %v", c.config.Loss, c.batch, loss, alone, err, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, loss := range net.Losses() {
		m := everything(loss)
		f := m.Fold()
		if f.Transform() != nil || f.Config().Layers[0].Norm != net.NoNorm || f.Config().Layers[1].Norm != net.LayerNorm || f.Inputs() != 5 {
			t.Fatalf("folded: %+v", f.Config())
		}
		b := randomBatch(m, 20, values)
		want, got := m.NewPredictor(20).Predict(b.X), f.NewPredictor(20).Predict(b.X)
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) <= 2e-5*(1+math.Abs(float64(want[i])))) {
				t.Errorf("%s: output %d: %g folded, %g before", loss, i, got[i], want[i])
			}
		}
	}
	// A scale alone, and centring alone.
	for _, tr := range []*net.Transform{
		{Mean: []float32{1, -2, 3}, Scale: []float32{2, 0.5, 1}}, {Mean: []float32{1, -2, 3}},
	} {
		m := randomNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 2}}})
		if err := m.SetTransform(tr); err != nil {
			t.Fatal(err)
		}
		x := []float32{0.5, 1, -1}
		want, got := m.NewPredictor(1).Predict(x), m.Fold().NewPredictor(1).Predict(x)
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) <= 1e-5) {
				t.Errorf("output %d: %g folded, %g before", i, got[i], want[i])
			}
		}
	}
}

// A batch of one row, as the last of an epoch may be, has no variance: it must not move that
// average towards 0.
func TestBatchNormOfOneRow(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 4, Norm: net.BatchNorm}, {Units: 1}}})
	ws := m.NewWorkspace(2)
	mean, variance := m.Running(0)
	for rows := 1; rows <= 2; rows++ {
		before := append(append([]float32(nil), mean...), variance...)
		if _, err := ws.Gradient(randomBatch(m, rows, values)); err != nil {
			t.Fatal(err)
		}
		ws.UpdateStats()
		for j := range 4 {
			if mean[j] == before[j] || (variance[j] == before[4+j]) != (rows == 1) {
				t.Errorf("%d rows, unit %d: mean %g becomes %g, variance %g becomes %g", rows, j, before[j], mean[j], before[4+j], variance[j])
			}
		}
	}
}

// A row of weight 0 does not count, whatever it costs.
func TestRowOfNoWeight(t *testing.T) {
	for _, loss := range net.Losses() {
		m := randomNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 2}}, Loss: loss})
		b := randomBatch(m, 3, values)
		ws := m.NewWorkspace(3)
		want, err := ws.Loss(net.Batch{X: b.X[:6], Y: b.Y[:4]})
		if err != nil {
			t.Fatal(err)
		}
		b.Weights = []float32{1, 1, 0}
		for i := range 3 {
			b.X[6+i] = 3e38
		}
		if loss != net.SoftmaxCrossEntropy && loss != net.BinaryCrossEntropy {
			b.Y[4], b.Y[5] = 3e38, -3e38
		}
		if got, err := ws.Loss(b); err != nil || got != want {
			t.Errorf("%s: loss %g, %v; without the row that has weight 0 %g", loss, got, err, want)
		}
	}
}

// With batch statistics each unit has mean 0 and variance 1 before γ and β, and
// UpdateStats moves the running averages a tenth of the way.
func TestBatchNormStatistics(t *testing.T) {
	const rows = 50
	m := randomNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 4, Norm: net.BatchNorm}, {Units: 1}}})
	b := randomBatch(m, rows, values)
	ws := m.NewWorkspace(rows)
	mean, variance := m.Running(0)
	before := append(append([]float32(nil), mean...), variance...)
	if _, err := ws.Gradient(b); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "running averages after Gradient", append(append([]float32(nil), mean...), variance...), before)
	ws.UpdateStats()
	w, bias := m.Layer(0)
	for j := range 4 {
		var z [rows]float64
		sum, squares := 0.0, 0.0
		for i := range rows {
			z[i] = float64(bias[j])
			for k := range 3 {
				z[i] += float64(b.X[i*3+k]) * float64(w[k*4+j])
			}
			sum += z[i]
		}
		for i := range rows {
			squares += (z[i] - sum/rows) * (z[i] - sum/rows)
		}
		wantMean, wantVar := 0.1*sum/rows, 0.9+0.1*squares/(rows-1)
		if !(math.Abs(float64(mean[j])-wantMean) <= 1e-6) || !(math.Abs(float64(variance[j])-wantVar) <= 1e-5) {
			t.Errorf("unit %d: running mean %g, variance %g; want %g, %g", j, mean[j], variance[j], wantMean, wantVar)
		}
	}
}

// A frozen layer has gradient 0 and the others what they had.
func TestFreeze(t *testing.T) {
	testFreeze(t, everything(net.MSE))
	testFreeze(t, randomNetwork(t, net.Config{Inputs: 4, Layers: []net.Layer{
		{Units: 3, Activation: net.Tanh, Norm: net.LayerNorm}, {Units: 5, Activation: net.Tanh}, {Units: 2, Norm: net.BatchNorm},
	}}))
}

func testFreeze(t *testing.T, m *net.Network) {
	b := randomBatch(m, 6, values)
	full, part := m.NewWorkspace(6), m.NewWorkspace(6)
	if _, err := full.Gradient(b); err != nil {
		t.Fatal(err)
	}
	for mask := range 8 {
		frozen := []bool{mask&1 != 0, mask&2 != 0, mask&4 != 0}
		batchNorm := false
		for i, f := range frozen {
			batchNorm = batchNorm || f && m.Config().Layers[i].Norm == net.BatchNorm
		}
		if batchNorm {
			continue // the pass is another: see below
		}
		part.Freeze(frozen)
		if _, err := part.Gradient(b); err != nil {
			t.Fatal(err)
		}
		for i, f := range frozen {
			dw, db := part.Layer(i)
			dgamma, dbeta := part.Norm(i)
			wantW, wantB := full.Layer(i)
			wantG, wantBeta := full.Norm(i)
			if f {
				wantW, wantB, wantG, wantBeta = make([]float32, len(dw)), make([]float32, len(db)), make([]float32, len(dgamma)), make([]float32, len(dbeta))
			}
			sameBits(t, fmt.Sprintf("frozen %v: layer %d dW", frozen, i), dw, wantW)
			sameBits(t, fmt.Sprintf("frozen %v: layer %d db", frozen, i), db, wantB)
			sameBits(t, fmt.Sprintf("frozen %v: layer %d dγ", frozen, i), dgamma, wantG)
			sameBits(t, fmt.Sprintf("frozen %v: layer %d dβ", frozen, i), dbeta, wantBeta)
		}
	}
}

// A frozen batch norm is the affine map that predictions see: the other layers' gradients are
// those of the network with the norm folded away, and Gradient's loss is that of Loss.
func TestFreezeBatchNorm(t *testing.T) {
	const rows = 6
	for place := range 3 {
		c := net.Config{Inputs: 4, Layers: []net.Layer{{Units: 3, Activation: net.Tanh}, {Units: 5, Activation: net.Tanh}, {Units: 2}}, Loss: net.MSE}
		c.Layers[place].Norm = net.BatchNorm
		m := randomNetwork(t, c)
		mean, variance := m.Running(place)
		for j := range mean {
			mean[j], variance[j] = float32(j)/4, 0.5+float32(j)
		}
		b := randomBatch(m, rows, values)
		ws, folded := m.NewWorkspace(rows), m.Fold().NewWorkspace(rows)
		frozen := make([]bool, 3)
		frozen[place] = true
		ws.Freeze(frozen)
		want, err := folded.Gradient(b)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := ws.Loss(b)
		if err != nil {
			t.Fatal(err)
		}
		stats := append([]float32(nil), m.Stats()...)
		got, err := ws.Gradient(b)
		if err != nil || got != alone || !(math.Abs(got-want) <= 1e-6*want) {
			t.Errorf("batch norm in layer %d: loss %v, Loss %v, folded %v, %v", place, got, alone, want, err)
		}
		ws.UpdateStats()
		sameBits(t, "running averages", m.Stats(), stats)
		for i := range 3 {
			dw, db := ws.Layer(i)
			wantW, wantB := folded.Layer(i)
			all, wantAll := append(append([]float32(nil), dw...), db...), append(append([]float32(nil), wantW...), wantB...)
			if i == place {
				dgamma, dbeta := ws.Norm(i)
				all = append(append(all, dgamma...), dbeta...)
				wantAll = make([]float32, len(all))
			}
			for k := range all {
				if !(math.Abs(float64(all[k]-wantAll[k])) <= 1e-6) {
					t.Errorf("batch norm in layer %d: gradient %d of layer %d is %g, folded %g", place, k, i, all[k], wantAll[k])
				}
			}
		}
	}
}

// Any number of workers gives the gradient's bits, on networks large enough to be shared.
func TestTeams(t *testing.T) {
	const rows = 90
	m := randomNetwork(t, net.Config{Inputs: 30, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
		{Units: 150, Activation: net.GELU, Norm: net.BatchNorm, Dropout: 0.2}, {Units: 101, Activation: net.SiLU, Norm: net.LayerNorm},
		{Units: 5, Activation: net.Tanh, Norm: net.BatchNorm}, {Units: 3},
	}})
	if err := m.SetTransform(&net.Transform{Mean: make([]float32, 30), Scale: make([]float32, 30)}); err != nil {
		t.Fatal(err)
	}
	for i := range m.Transform().Scale {
		m.Transform().Scale[i] = 0.5
	}
	b := weighted(randomBatch(m, rows, labels), rows)
	if work := rows * len(m.Params()) * 3; work < 1<<21 {
		t.Fatalf("%d multiply-adds are done by one worker", work)
	}
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		alone := m.NewWorkspace(rows)
		want, err := alone.Gradient(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{2, 3, 7, 100} {
			team := mat.NewTeam(workers)
			ws := m.NewWorkspace(rows)
			ws.SetTeam(team)
			loss, err := ws.Gradient(b)
			team.Close()
			if err != nil || loss != want {
				t.Errorf("%d workers: loss %v, want %v, %v", workers, loss, want, err)
			}
			sameBits(t, fmt.Sprintf("%d workers: gradient", workers), ws.Grads(), alone.Grads())
			sameBits(t, fmt.Sprintf("%d workers: outputs", workers), ws.Outputs(rows), alone.Outputs(rows))
		}
	})
}

// About the share p of a layer's outputs is dropped, others grow by 1/(1-p); masks are a
// function of seed and step, and predictions have none.
func TestDropout(t *testing.T) {
	const units, rows, p = 100, 50, 0.25
	m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: units, Dropout: p}, {Units: 1}}})
	_, bias := m.Layer(0)
	w, _ := m.Layer(1)
	for i := range bias {
		bias[i], w[i] = 1, 1
	}
	ws := m.NewWorkspace(rows)
	b := net.Batch{X: make([]float32, rows), Y: make([]float32, rows)}
	masks := func(seed, step uint64) []float32 {
		ws.SetDropout(seed, step)
		if _, err := ws.Gradient(b); err != nil {
			t.Fatal(err)
		}
		return append([]float32(nil), ws.Outputs(rows)...)
	}
	first := masks(1, 1)
	kept := 0.0
	for _, y := range first {
		kept += float64(y) * (1 - p)
	}
	if share := kept / (units * rows); math.Abs(share-(1-p)) > 0.025 { // 4 standard deviations
		t.Errorf("a share of %g kept, want %g", share, 1-p)
	}
	sameBits(t, "again", masks(1, 1), first)
	for _, other := range [][2]uint64{{2, 1}, {1, 2}, {1, 1 << 32}, {1 << 32, 1}} {
		if firstDifference(masks(other[0], other[1]), first) < 0 {
			t.Errorf("seed and step %v give the same masks as 1, 1", other)
		}
	}
	if y := m.NewPredictor(1).Predict([]float32{0}); y[0] != units {
		t.Errorf("prediction %g, want %d", y[0], units)
	}
	if loss, err := ws.Loss(b); err != nil || loss != units*units/2 {
		t.Errorf("loss of predictions %g, %v; want %d", loss, err, units*units/2)
	}
}

func TestTransformErrors(t *testing.T) {
	m := newNetwork(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 1}}})
	nan := float32(math.NaN())
	for _, c := range []struct {
		t    net.Transform
		want string
	}{
		{net.Transform{}, "features of the transform 0"},
		{net.Transform{Mean: []float32{1}}, "gives 1 features: the first layer wants 2"},
		{net.Transform{Mean: []float32{1, 2}, Scale: []float32{1}}, "1 scales for 2 features"},
		{net.Transform{Mean: []float32{1, 2}, Scale: []float32{1, 1}, Matrix: make([]float32, 4)}, "both Scale and Matrix"},
		{net.Transform{Mean: []float32{1, 2}, Matrix: make([]float32, 3)}, "3 elements: want a multiple of its 2 features"},
		{net.Transform{Mean: []float32{1, 2}, Matrix: make([]float32, 6)}, "gives 3 features"},
		{net.Transform{Mean: []float32{1, nan}}, "Mean[1] is NaN"},
		{net.Transform{Mean: []float32{1, 2}, Scale: []float32{float32(math.Inf(1)), 1}}, "Scale[0] is +Inf"},
		{net.Transform{Mean: []float32{1, 2}, Matrix: []float32{1, 1, 1, nan}}, "Matrix[3] is NaN"},
	} {
		if err := m.SetTransform(&c.t); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.t, err, c.want)
		}
	}
	if m.Transform() != nil || m.Inputs() != 2 {
		t.Error("a transform that was refused is there")
	}
}

// A file holds running averages and transform too, and predictions are the same bits.
func TestSaveLoadEverything(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, loss := range net.Losses() {
			m := everything(loss)
			back, err := net.Load(strings.NewReader(string(saved(t, m))))
			if err != nil {
				t.Fatal(err)
			}
			sameNetwork(t, back, m)
			sameNetwork(t, m.Clone(), m)
			b := randomBatch(m, 4, values)
			sameBits(t, "predictions", back.NewPredictor(4).Predict(b.X), m.NewPredictor(4).Predict(b.X))
		}
	})
}
