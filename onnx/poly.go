package onnx

import "math"

// cubic holds the coefficients of a polynomial, constant first.
type cubic [4]float64

// polyDepth bounds how many steps a polynomial is made of along any path; the deepest that
// exporters write has 6. Work doubles with each.
const polyDepth = 8

// poly returns v as a polynomial of x, if it is one.
func (f *fuser) poly(v, x *value, depth int) (p cubic, ok bool) {
	switch {
	case !v.dynamic:
		if len(v.f) != 1 {
			return p, false
		}
		return cubic{float64(v.f[0])}, true
	case v.slot == x.slot:
		return cubic{0, 1}, true
	case depth == 0:
		return p, false
	}
	switch s := f.producer[v.slot].(type) {
	case *unary:
		if s.f != negFunc {
			return p, false
		}
		q, ok := f.poly(s.in[0], x, depth-1)
		return q.times(cubic{-1}), ok
	case *pair:
		n := s.out.size()
		if s.in[0].dynamic && !s.x.flat(n) || s.in[1].dynamic && !s.y.flat(n) {
			return p, false
		}
		a, ok := f.poly(s.in[0], x, depth-1)
		if !ok {
			return p, false
		}
		b, ok := f.poly(s.in[1], x, depth-1)
		if !ok {
			return p, false
		}
		switch s.op {
		case addOp:
			return a.plus(b, 1), true
		case subOp:
			return a.plus(b, -1), true
		case mulOp:
			return a.times(b), a.degree()+b.degree() < len(p)
		case divOp:
			return a.times(cubic{1 / b[0]}), b.degree() == 0
		case powOp:
			switch {
			case b == cubic{2}:
				return a.times(a), 2*a.degree() < len(p)
			case b == cubic{3}:
				return a.times(a).times(a), 3*a.degree() < len(p)
			}
		}
	}
	return p, false
}

func (p cubic) plus(q cubic, sign float64) cubic {
	for i := range p {
		p[i] += sign * q[i]
	}
	return p
}

// times is the product, without terms above the third power.
func (p cubic) times(q cubic) (r cubic) {
	for i := range p {
		for j := 0; i+j < len(r); j++ {
			r[i+j] += p[i] * q[j]
		}
	}
	return r
}

func (p cubic) degree() int {
	d := 0
	for i, c := range p {
		if c != 0 {
			d = i
		}
	}
	return d
}

// near compares coefficients: constants in a file are rounded to float32.
func (p cubic) near(q cubic) bool {
	for i := range p {
		if !near(p[i], q[i]) {
			return false
		}
	}
	return true
}

func near(a, b float64) bool { return math.Abs(a-b) <= 5e-7*math.Abs(b) }
