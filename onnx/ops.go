package onnx

import "github.com/sinew-ml/sinew/mat"

// buildFunc turns a node into steps and returns its outputs. in has nil for inputs that are
// omitted and, unless the operator is variadic, as many elements as it can have inputs.
type buildFunc func(b *builder, n *node, in []*value) ([]*value, error)

// operator says how nodes of one type are built.
type operator struct {
	since       int64 // the first opset that has it, if later than minOpset
	least, most int   // inputs
	single      int64 // before this opset there is one input; the others were attributes, or nothing
	rowsLast    bool  // also understands inputs with their rows last
	build       buildFunc
}

// variadic is the most inputs of operators that take any number.
const variadic = 1 << 10

// The element-wise functions: those of package mat, which are package net's activations, and
// those of plain.go.
var (
	reluFunc        = &function{"relu", func(dst, x []float32, _, _ float32) { mat.ReLU(dst, x) }}
	sigmoidFunc     = &function{"sigmoid", func(dst, x []float32, _, _ float32) { mat.Sigmoid(dst, x) }}
	tanhFunc        = &function{"tanh", func(dst, x []float32, _, _ float32) { mat.Tanh(dst, x) }}
	leakyReLUFunc   = &function{"leaky-relu", func(dst, x []float32, alpha, _ float32) { mat.LeakyReLU(dst, x, alpha) }}
	eluFunc         = &function{"elu", func(dst, x []float32, alpha, _ float32) { mat.ELU(dst, x, alpha) }}
	seluFunc        = &function{"selu", runSELU}
	geluFunc        = &function{"gelu", func(dst, x []float32, _, _ float32) { mat.GELU(dst, x) }}
	geluTanhFunc    = &function{"gelu-tanh", func(dst, x []float32, _, _ float32) { mat.GELUTanh(dst, x) }}
	siluFunc        = &function{"silu", func(dst, x []float32, _, _ float32) { mat.SiLU(dst, x) }}
	softplusFunc    = &function{"softplus", func(dst, x []float32, _, _ float32) { mat.Softplus(dst, x) }}
	hardSigmoidFunc = &function{"hard-sigmoid", runHardSigmoid}
	hardSwishFunc   = &function{"hard-swish", func(dst, x []float32, _, _ float32) { mat.HardSwish(dst, x) }}
	clipFunc        = &function{"clip", runClip}
	expFunc         = &function{"exp", func(dst, x []float32, _, _ float32) { mat.Exp(dst, x) }}
	logFunc         = &function{"log", func(dst, x []float32, _, _ float32) { mat.Log(dst, x) }}
	swishFunc       = &function{"swish", each(swish)}
	celuFunc        = &function{"celu", each(celu)}
	thresholdedFunc = &function{"thresholded-relu", each(thresholdedReLU)}
	mishFunc        = &function{"mish", each(mish)}
	softsignFunc    = &function{"softsign", each(softsign)}
	stepFunc        = &function{"greater", each(greater)}
	erfFunc         = &function{"erf", each(erf)}
	sqrtFunc        = &function{"sqrt", each(sqrt)}
	negFunc         = &function{"neg", each(neg)}
	absFunc         = &function{"abs", each(abs)}
	reciprocalFunc  = &function{"reciprocal", each(reciprocal)}
)

// Package mat has one form of some functions that take parameters here.

func runSELU(dst, x []float32, alpha, gamma float32) {
	if isSELU(alpha, gamma) {
		mat.SELU(dst, x)
		return
	}
	each(selu)(dst, x, alpha, gamma)
}

func isSELU(alpha, gamma float32) bool {
	return near(float64(alpha), seluAlpha) && near(float64(gamma), seluGamma)
}

func runHardSigmoid(dst, x []float32, alpha, beta float32) {
	if isHardSigmoid(alpha, beta) {
		mat.HardSigmoid(dst, x)
		return
	}
	each(hardSigmoid)(dst, x, alpha, beta)
}

func isHardSigmoid(alpha, beta float32) bool { return near(float64(alpha), 1./6) && beta == 0.5 }

func runClip(dst, x []float32, lo, hi float32) {
	if lo == 0 && hi == 6 {
		mat.ReLU6(dst, x)
		return
	}
	each(clip)(dst, x, lo, hi)
}

// The constants of Selu that ONNX gives as defaults.
const (
	seluAlpha = 1.67326319217681884765625
	seluGamma = 1.05070102214813232421875
)

// operators has all that is understood, by name; those of ai.onnx.ml carry their domain.
var operators = map[string]operator{
	// Dense layers.
	"Gemm":               {least: 2, most: 3, rowsLast: true, build: buildGemm},
	"MatMul":             {least: 2, most: 2, rowsLast: true, build: buildMatMul},
	"BatchNormalization": {least: 5, most: 5, build: buildBatchNorm},
	"LayerNormalization": {since: 17, least: 2, most: 3, build: buildLayerNorm},

	// Activations and other functions of one variable.
	"Relu":            {least: 1, most: 1, rowsLast: true, build: buildUnary(reluFunc)},
	"Sigmoid":         {least: 1, most: 1, rowsLast: true, build: buildUnary(sigmoidFunc)},
	"Tanh":            {least: 1, most: 1, rowsLast: true, build: buildUnary(tanhFunc)},
	"LeakyRelu":       {least: 1, most: 1, rowsLast: true, build: buildUnaryAlpha(leakyReLUFunc, 0.01)},
	"Elu":             {least: 1, most: 1, rowsLast: true, build: buildUnaryAlpha(eluFunc, 1)},
	"Celu":            {since: 12, least: 1, most: 1, rowsLast: true, build: buildUnaryAlpha(celuFunc, 1)},
	"ThresholdedRelu": {since: 10, least: 1, most: 1, rowsLast: true, build: buildUnaryAlpha(thresholdedFunc, 1)},
	"Selu":            {least: 1, most: 1, rowsLast: true, build: buildUnaryAlphaBeta(seluFunc, "alpha", seluAlpha, "gamma", seluGamma)},
	"HardSigmoid":     {least: 1, most: 1, rowsLast: true, build: buildUnaryAlphaBeta(hardSigmoidFunc, "alpha", 0.2, "beta", 0.5)},
	"HardSwish":       {since: 14, least: 1, most: 1, rowsLast: true, build: buildUnary(hardSwishFunc)},
	"Gelu":            {since: 20, least: 1, most: 1, rowsLast: true, build: buildGelu},
	"Mish":            {since: 18, least: 1, most: 1, rowsLast: true, build: buildUnary(mishFunc)},
	"Swish":           {since: 24, least: 1, most: 1, rowsLast: true, build: buildSwish},
	"Softplus":        {least: 1, most: 1, rowsLast: true, build: buildUnary(softplusFunc)},
	"Softsign":        {least: 1, most: 1, rowsLast: true, build: buildUnary(softsignFunc)},
	"Clip":            {least: 1, most: 3, single: 11, rowsLast: true, build: buildClip},
	"Erf":             {since: 9, least: 1, most: 1, rowsLast: true, build: buildUnary(erfFunc)},
	"Exp":             {least: 1, most: 1, rowsLast: true, build: buildUnary(expFunc)},
	"Log":             {least: 1, most: 1, rowsLast: true, build: buildUnary(logFunc)},
	"Sqrt":            {least: 1, most: 1, rowsLast: true, build: buildUnary(sqrtFunc)},
	"Neg":             {least: 1, most: 1, rowsLast: true, build: buildUnary(negFunc)},
	"Abs":             {least: 1, most: 1, rowsLast: true, build: buildUnary(absFunc)},
	"Reciprocal":      {least: 1, most: 1, rowsLast: true, build: buildUnary(reciprocalFunc)},

	// Functions of two and more variables.
	"Add":            {least: 2, most: 2, rowsLast: true, build: buildBinary(addOp)},
	"Sub":            {least: 2, most: 2, rowsLast: true, build: buildBinary(subOp)},
	"Mul":            {least: 2, most: 2, rowsLast: true, build: buildBinary(mulOp)},
	"Div":            {least: 2, most: 2, rowsLast: true, build: buildBinary(divOp)},
	"PRelu":          {least: 2, most: 2, build: buildPRelu},
	"Pow":            {least: 2, most: 2, rowsLast: true, build: buildPow},
	"Sum":            {least: 1, most: variadic, rowsLast: true, build: buildFold(addOp)},
	"Min":            {least: 1, most: variadic, rowsLast: true, build: buildFold(minOp)},
	"Max":            {least: 1, most: variadic, rowsLast: true, build: buildFold(maxOp)},
	"Greater":        {least: 2, most: 2, rowsLast: true, build: buildCompare(greaterOp)},
	"Less":           {least: 2, most: 2, rowsLast: true, build: buildCompare(lessOp)},
	"GreaterOrEqual": {since: 12, least: 2, most: 2, rowsLast: true, build: buildCompare(greaterEqualOp)},
	"LessOrEqual":    {since: 12, least: 2, most: 2, rowsLast: true, build: buildCompare(lessEqualOp)},
	"Where":          {since: 9, least: 3, most: 3, rowsLast: true, build: buildWhere},

	// Along an axis.
	"Softmax":    {least: 1, most: 1, rowsLast: true, build: buildSoftmax(false)},
	"LogSoftmax": {least: 1, most: 1, rowsLast: true, build: buildSoftmax(true)},
	"ArgMax":     {least: 1, most: 1, build: buildArgMax(false)},
	"ArgMin":     {least: 1, most: 1, build: buildArgMax(true)},
	"ReduceSum":  {least: 1, most: 2, single: 13, build: buildReduce(sumOf, 13)},
	"ReduceMean": {least: 1, most: 2, single: 18, build: buildReduce(meanOf, 18)},
	"ReduceMax":  {least: 1, most: 2, single: 18, build: buildReduce(maxOf, 18)},
	"ReduceMin":  {least: 1, most: 2, single: 18, build: buildReduce(minOf, 18)},

	// What moves elements or changes nothing.
	"Identity":  {least: 1, most: 1, rowsLast: true, build: buildIdentity},
	"Dropout":   {least: 1, most: 3, single: 12, rowsLast: true, build: buildDropout},
	"Cast":      {least: 1, most: 1, rowsLast: true, build: buildCast},
	"CastLike":  {since: 15, least: 2, most: 2, rowsLast: true, build: buildCastLike},
	"Constant":  {build: buildConstant},
	"Shape":     {least: 1, most: 1, rowsLast: true, build: buildShape},
	"Reshape":   {least: 2, most: 2, rowsLast: true, build: buildReshape},
	"Flatten":   {least: 1, most: 1, build: buildFlatten},
	"Squeeze":   {least: 1, most: 2, single: 13, build: buildSqueeze},
	"Unsqueeze": {least: 1, most: 2, single: 13, build: buildUnsqueeze},
	"Transpose": {least: 1, most: 1, rowsLast: true, build: buildTranspose},
	"Concat":    {least: 1, most: variadic, build: buildConcat},
	"Gather":    {least: 2, most: 2, build: buildGather},
	"Slice":     {least: 1, most: 5, single: 10, build: buildSlice},

	// scikit-learn's.
	"ai.onnx.ml.Scaler":                {least: 1, most: 1, build: buildScaler},
	"ai.onnx.ml.FeatureVectorizer":     {least: 1, most: variadic, build: buildVectorizer},
	"ai.onnx.ml.Normalizer":            {least: 1, most: 1, build: buildNormalizer},
	"ai.onnx.ml.Binarizer":             {least: 1, most: 1, build: buildBinarizer},
	"ai.onnx.ml.ArrayFeatureExtractor": {least: 2, most: 2, build: buildExtractor},
	"ai.onnx.ml.ZipMap":                {least: 1, most: 1, build: buildZipMap},
	"ai.onnx.ml.LinearClassifier":      {least: 1, most: 1, build: buildLinearClassifier},
	"ai.onnx.ml.LinearRegressor":       {least: 1, most: 1, build: buildLinearRegressor},
}
