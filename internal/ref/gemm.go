package ref

// Chains returns how many interleaved chains sum one element of an NN or NT
// product with n columns; 0 stands for Dot's lanes. Term p goes to chain p mod
// Chains(n). The pattern depends on n alone, so a row gives the same bits alone
// and in any batch; narrow outputs need more than one chain to hide the latency
// of the multiply-add.
func Chains(n int) int {
	switch {
	case n == 1:
		return 0
	case n <= 16:
		return 4
	case n <= 32:
		return 2
	}
	return 1
}

// LaneSums reports whether an element of an NT product is summed in lanes.
func LaneSums(n, k int) bool { return n > 1 && (k >= 128 || n <= 32 && k >= 64) }

// LaneSum sums products of x and y in 16 lanes: term p in lane p mod 16, the last 16 filled
// up with zero elements; then lanes l and l+8 are added, and so on down to 0 and 1.
func LaneSum(x, y []float32) float32 {
	var s [16]float32
	for p := range (len(x) + 15) / 16 * 16 {
		s[p%16] = FMA(at(x, p), at(y, p), s[p%16])
	}
	for half := 8; half > 0; half /= 2 {
		for l := range half {
			s[l] += s[half+l]
		}
	}
	return s[0]
}

// Gemm sets C = alpha*op(A)*op(B) + beta*C: op(A) is m×k, op(B) k×n, all row-major.
//
// An element starts from c0: +0 if beta is 0, C if beta is 1, else beta*C rounded.
// Terms are fused multiply-adds of alpha*op(A)[i,p] (rounded) and op(B)[p,j] in
// increasing p. In TN there is one chain. In NN and NT there are Chains(n): the
// first starts from c0, the others from +0, and they are added as s0+s1 or (s0+s1)+(s2+s3);
// one column is alpha*Dot(row, column) + c0, fused. NT with LaneSums(n, k) adds alpha*LaneSum
// of each block of 1024 terms to c0, fused. With k or alpha 0 it is c0.
func Gemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	opA := func(i, p int) float32 {
		if transA {
			return a[p*lda+i]
		}
		return a[i*lda+p]
	}
	opB := func(p, j int) float32 {
		if transB {
			return b[j*ldb+p]
		}
		return b[p*ldb+j]
	}
	chains := Chains(n)
	if transA {
		chains = 1
	}
	for i := range m {
		for j := range n {
			c0 := c[i*ldc+j]
			switch beta {
			case 0:
				c0 = 0
			case 1:
			default:
				c0 = float32(beta * c0)
			}
			if k > 0 && alpha != 0 {
				if transB && LaneSums(n, k) {
					for p := 0; p < k; p += 1024 {
						end := min(k, p+1024)
						c0 = FMA(alpha, LaneSum(a[i*lda+p:i*lda+end], b[j*ldb+p:j*ldb+end]), c0)
					}
				} else if chains == 0 {
					x, y := make([]float32, k), make([]float32, k)
					for p := range k {
						x[p], y[p] = opA(i, p), opB(p, j)
					}
					c0 = FMA(alpha, Dot(x, y), c0)
				} else {
					s := [4]float32{c0}
					for p := range k {
						s[p%chains] = FMA(float32(alpha*opA(i, p)), opB(p, j), s[p%chains])
					}
					switch chains {
					case 1:
						c0 = s[0]
					case 2:
						c0 = s[0] + s[1]
					case 4:
						c0 = (s[0] + s[1]) + (s[2] + s[3])
					}
				}
			}
			c[i*ldc+j] = c0
		}
	}
}

// Gemv sets y = alpha*op(A)*x + beta*y for a row-major m×n matrix A. It is
// Gemm's one column (Dot's lanes) for op(A) = A; for the transpose it is the one
// row x·A of n columns.
func Gemv(trans bool, m, n int, alpha float32, a []float32, lda int, x []float32, beta float32, y []float32) {
	if trans {
		Gemm(false, false, 1, n, m, alpha, x, m, a, lda, beta, y, n)
	} else {
		Gemm(false, false, m, 1, n, alpha, a, lda, x, 1, beta, y, 1)
	}
}

// Ger sets A = alpha*x*yᵀ + A, fused, with alpha*x[i] rounded first.
func Ger(m, n int, alpha float32, x, y []float32, a []float32, lda int) {
	if n == 0 {
		return
	}
	for i := range m {
		Axpy(float32(alpha*x[i]), y, a[i*lda:][:n])
	}
}
