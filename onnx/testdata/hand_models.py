"""Graphs written by hand: every flag and form that the exporters above do not show; and, from operator
set 18 on, graphs in the shape in which PyTorch's torch.export-based exporter writes them. Predictions
are computed here in float64."""
import math
import os
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper
from common import Cases, Graph

rng = np.random.default_rng(5)
cases = Cases("hand")
ROWS = 5
erf = np.vectorize(math.erf)


def f32(*shape):
    return rng.normal(size=shape).astype(np.float32)


def d(a):
    return np.asarray(a, dtype=np.float64)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def write(name, g, xs, outs, chain=True, check=True, kinds=None, ir=8, **more):
    for i, (out, y) in enumerate(outs):
        g.output(out, (kinds or {}).get(out, T.FLOAT), ["N"] + list(y.shape[1:]))
    g.write(name + ".onnx", "by hand", ir)
    cases.add(name, xs, outs, chain, check, **more)


x = f32(ROWS, 4)
X = d(x)

# Gemm with every flag; C in every shape; initializers of an IR version that lists them as inputs.
for opset in [7, 11]:
    for name, c in [("scalar", f32(1).reshape(())), ("one", f32(1)), ("vector", f32(3)), ("row", f32(1, 3)), ("cell", f32(1, 1)), ("none", None)]:
        if c is None and opset < 11:
            continue
        g, w = Graph(opset), f32(4, 3)
        g("Gemm", "x", g.const("w", w), *([g.const("c", c)] if c is not None else []), outputs=["y"], alpha=0.5, beta=-2.0)
        if opset == 7:
            for t in g.init:
                g.inputs.append(helper.make_tensor_value_info(t.name, t.data_type, t.dims))
        write("hand_gemm_%s_%d" % (name, opset), g, [x], [("y", 0.5 * X @ d(w) - (2 * d(c) if c is not None else 0))], ir=3 if opset == 7 else 8)

# The batch on the right: W.X^t in its forms.
g, w, c = Graph(13), f32(3, 4), f32(3, 1)
t = g("Gemm", g.const("w", w), "x", g.const("c", c), transB=1)
t = g("Relu", t)
t = g("Gemm", g.const("w2", w2 := f32(3, 2)), t, transA=1, alpha=2.0)
t = g("Add", t, g.const("c2", c2 := f32(2, 1)))
g("Transpose", t, outputs=["y"], perm=[1, 0])
write("hand_rows_last", g, [x], [("y", (2 * d(w2).T @ np.maximum(d(w) @ X.T + d(c), 0) + d(c2)).T)])
g = Graph(13)
t = g("MatMul", g.const("w", w), g("Transpose", "x"))
t = g("Gemm", t, g.const("w2", w2), g.const("c", f32(2)), transA=1)
write_c = d(numpy_helper.to_array(g.init[-1]))
g("Identity", t, outputs=["y"])
write("hand_trans_a", g, [x], [("y", (d(w) @ X.T).T @ d(w2) + write_c)])

# A C that depends on the input; constants made from constants.
g = Graph(13)
a = g("Relu", g("Gemm", "x", g.const("w", w := f32(4, 4)), g.const("b", b := f32(4))))
g("Gemm", a, g.const("w2", w2 := f32(4, 4)), "x", outputs=["y"], beta=0.5)
write("hand_gemm_residual", g, [x], [("y", np.maximum(X @ d(w) + d(b), 0) @ d(w2) + 0.5 * X)], chain=False)
g = Graph(13)
wt = g("Transpose", g.const("w", w := f32(3, 4)), perm=[1, 0])
k = g("Constant", value=numpy_helper.from_array(np.array(2, np.float32)))
wt = g("Mul", wt, g("Sqrt", k))
bias = g("Gather", g.const("table", table := f32(2, 3)), g.const("one", 1, np.int64), axis=0)
t = g("MatMul", "x", wt)
g("Add", bias, t, outputs=["y"])
write("hand_folded", g, [x], [("y", X @ d(w).T * 2 ** 0.5 + d(table[1]))])
g = Graph(13)
g("Add", g.const("b", b := f32(1, 3)), g("MatMul", "x", g.const("w", w := f32(1, 4, 3)[0])), outputs=["y"])
write("hand_bias_first", g, [x], [("y", X @ d(w) + d(b))])

# Scales and shifts of inputs, sums and outputs.
g = Graph(13)
t = g("Div", g("Sub", "x", g.const("mean", m := f32(4) * 100)), g.const("std", s := np.abs(f32(4)) + 0.5))
t = g("Mul", t, g.const("two", 2))
t = g("Add", t, g.const("shift", shift := f32(4)))
t = g("Div", g("Sub", g("MatMul", t, g.const("w", w := f32(4, 3))), g.const("m1", m1 := f32(3))), g.const("s1", s1 := np.abs(f32(3)) + 0.5))
t = g("Tanh", t)
t = g("Sub", g("Mul", t, g.const("s2", s2 := f32(3))), g.const("m2", m2 := f32(1)))
t = g("Add", g("MatMul", t, g.const("w2", w2 := f32(3, 2))), g.const("b2", b2 := f32(2)))
t = g("Sigmoid", t)
g("Add", g("Mul", t, g.const("s3", 50)), g.const("m3", 10), outputs=["y"])
xx = (x + m[None]).astype(np.float32)
v = ((d(xx) - d(m)) / d(s) * 2 + d(shift)) @ d(w)
v = np.tanh((v - d(m1)) / d(s1)) * d(s2) - d(m2)
write("hand_affine", g, [xx], [("y", sigmoid(v @ d(w2) + d(b2)) * 50 + 10)])

# Softmax before and since 13, and what else depends on the set.
z = f32(ROWS, 2, 3)
Z = d(z)
three = [("x", T.FLOAT, ("N", 2, 3))]
for op, post in [("Softmax", lambda a: a), ("LogSoftmax", np.log)]:
    g = Graph(11, inputs=three)
    g(op, "x", outputs=["y1"], axis=1)
    g(op, "x", outputs=["y2"], axis=2)
    g(op, "x", outputs=["y3"])
    write("hand_%s_11" % op.lower(), g, [z], [("y1", post(softmax(Z.reshape(ROWS, 6), 1)).reshape(Z.shape)), ("y2", post(softmax(Z, 2))),
                                              ("y3", post(softmax(Z.reshape(ROWS, 6), 1)).reshape(Z.shape))], chain=False)
    g = Graph(13, inputs=three)
    g(op, "x", outputs=["y1"], axis=1)
    g(op, "x", outputs=["y2"], axis=-1)
    g(op, "x", outputs=["y3"])
    write("hand_%s_13" % op.lower(), g, [z], [("y1", post(softmax(Z, 1))), ("y2", post(softmax(Z, 2))), ("y3", post(softmax(Z, 2)))], chain=False)

# Shapes.
for opset in [9, 13]:
    g = Graph(opset, inputs=three)
    ax = (lambda *a: dict(axes=list(a))) if opset < 13 else (lambda *a: {})
    ai = (lambda n, *a: []) if opset < 13 else (lambda n, *a: [g.const(n, list(a), np.int64)])
    t = g("Unsqueeze", "x", *ai("a1", 1, 3), **ax(1, 3))  # N 1 2 1 3
    t = g("Transpose", t, perm=[0, 4, 1, 2, 3])  # N 3 1 2 1
    y1 = g("Squeeze", t, *ai("a2", 2, 4), outputs=["y1"], **ax(2, 4))  # N 3 2
    if opset < 10:
        s1 = g("Slice", y1, axes=[1, 2], starts=[1, -1], ends=[3, 100])
    else:
        s1 = g("Slice", y1, g.const("st", [1, -1], np.int64), g.const("en", [3, 100], np.int64), g.const("ax", [1, 2], np.int64))
    g("Flatten", s1, outputs=["y2"])
    g("Gather", "x", g.const("i", [[2, 0], [1, 1]], np.int64), outputs=["y3"], axis=2)
    g("Reshape", "x", g.const("shape", [0, -1], np.int64), outputs=["y4"])
    g("ReduceMean", "x", outputs=["y5"], axes=[1, 2], keepdims=0)
    g("ReduceSum", "x", *ai("a3", 1), outputs=["y6"], **ax(1))
    g("ReduceMax", "x", outputs=["y7"], axes=[2])
    g("Dropout", "x", outputs=["y8"], **({"ratio": 0.3} if opset < 12 else {}))
    sw = Z.transpose(0, 2, 1)
    write("hand_shapes_%d" % opset, g, [z], [
        ("y1", sw), ("y2", sw[:, 1:3, 1:].reshape(ROWS, 2)), ("y3", Z[:, :, [[2, 0], [1, 1]]]), ("y4", Z.reshape(ROWS, 6)),
        ("y5", Z.mean((1, 2))), ("y6", Z.sum(1, keepdims=True)), ("y7", Z.max(2, keepdims=True)), ("y8", Z)], chain=False)

# Functions with their defaults and with other numbers.
g = Graph(13)
fs = [
    ("HardSigmoid", {}, np.clip(0.2 * X + 0.5, 0, 1)), ("HardSigmoid", dict(alpha=0.4, beta=0.3), np.clip(0.4 * X + 0.3, 0, 1)),
    ("LeakyRelu", {}, np.where(X < 0, 0.01 * X, X)), ("Elu", {}, np.where(X < 0, np.expm1(X), X)),
    ("Selu", {}, 1.0507009873554805 * np.where(X < 0, 1.6732632423543772 * np.expm1(X), X)),
    ("Selu", dict(alpha=1.5, gamma=2.0), 2 * np.where(X < 0, 1.5 * np.expm1(X), X)),
    ("Celu", dict(alpha=0.5), np.where(X < 0, 0.5 * np.expm1(X / 0.5), X)), ("ThresholdedRelu", dict(alpha=0.3), np.where(X > np.float32(0.3), X, 0)),
    ("Softsign", {}, X / (1 + np.abs(X))), ("Softplus", {}, np.log1p(np.exp(X))), ("Exp", {}, np.exp(X)), ("Neg", {}, -X), ("Abs", {}, np.abs(X)),
    ("Reciprocal", {}, 1 / X), ("Erf", {}, erf(X)), ("Clip", {}, X),
]
outs = []
for i, (op, attrs, y) in enumerate(fs):
    g(op, "x", outputs=["y%d" % i], **attrs)
    outs.append(("y%d" % i, y))
g("Clip", "x", "", g.const("hi", 0.25), outputs=["clip_hi"])
g("Clip", "x", g.const("lo", 0.5), "hi", outputs=["clip_crossed"])
g("Where", g("Less", "x", g.const("zero", 0)), g.const("col", col := f32(4)), "x", outputs=["where"])
g("Max", "x", "col", "zero", outputs=["max"])
g("Sum", "x", "x", "col", outputs=["sum"])
g("PRelu", "x", "col", outputs=["prelu"])
g("Pow", "x", g.const("two", 2, np.int64), outputs=["pow"])
g("Sub", "zero", "x", outputs=["minus"])
g("Div", "col", "x", outputs=["over"])
outs += [("clip_hi", np.minimum(X, 0.25)), ("clip_crossed", np.full_like(X, 0.25)), ("where", np.where(X < 0, d(col), X)), ("max", np.maximum(np.maximum(X, d(col)), 0)),
         ("sum", X + X + d(col)), ("prelu", np.where(X < 0, X * d(col), X)), ("pow", X ** 2), ("minus", -X), ("over", d(col) / X)]
write("hand_functions", g, [x], outs, chain=False)

# What looks like a pattern and is none: a rule that is too generous changes a number here.
g = Graph(12, inputs=[("x", T.FLOAT, ("N", 4)), ("u", T.FLOAT, ("N", 4))])
u = f32(ROWS, 4) + 2
U = d(u)
c = {k: g.const(k, v) for k, v in dict(half=0.5, one=1, r=1.5, quick=1.702, tenth=0.1, three=3, lo=0, six=6, five=5, b1=f32(4), b2=f32(4), low=0.25, eps=1e-3).items()}
cv = {t.name: d(numpy_helper.to_array(t)) for t in g.init}
outs = []


def out(h, v):
    g("Identity", h, outputs=["y%d" % len(outs)])
    outs.append(("y%d" % len(outs), v))


out(g("Mul", g("Mul", "x", "half"), g("Add", g("Erf", g("Div", "x", "r")), "one")), 0.5 * X * (1 + erf(X / 1.5)))  # not by the root of 2
out(g("Mul", "x", g("Add", g("Erf", g("Div", "x", g.const("root", 2 ** 0.5))), "one")), X * (1 + erf(X / 2 ** 0.5)))  # not halved
out(g("Mul", "x", g("Sigmoid", g("Mul", "x", "quick"))), X * sigmoid(1.702 * X))
out(g("Mul", "x", g("Sigmoid", "u")), X * sigmoid(U))
out(g("Mul", "x", g("Add", g("Sigmoid", "x"), "tenth")), X * (sigmoid(X) + 0.1))
out(g("Mul", g("Mul", "x", "x"), g("Sigmoid", "x")), X * X * sigmoid(X))
out(g("Div", g("Clip", g("Add", "x", "three"), "lo", "six"), "five"), np.clip(X + 3, 0, 6) / 5)
out(g("Add", g("Div", g("Clip", g("Add", "x", "three"), "lo", "six"), "six"), "one"), np.clip(X + 3, 0, 6) / 6 + 1)
out(g("Where", g("Greater", "x", "low"), "x", g("Softplus", "x")), np.where(X > 0.25, X, np.log1p(np.exp(X))))  # a threshold too low
out(g("Where", g("Greater", "u", g.const("twenty", 20)), "u", g("Softplus", "x")), np.log1p(np.exp(X)))
out(g("Clip", g("Relu", "x"), "low", "six"), np.clip(X, 0.25, 6))  # the lower bound counts
out(g("Min", g("Relu", "x"), g.const("minus", -1)), np.full_like(X, -1))
lin = g("MatMul", "x", g.const("near_w", nw := f32(4, 4)))
out(g("Add", lin, "b1"), X @ d(nw) + cv["b1"])  # one product, two shifts
out(g("Add", lin, "b2"), X @ d(nw) + cv["b2"])
m = lambda a: a.mean(1, keepdims=True)
for first, second, third in [("x", "u", "x"), ("x", "x", "u")]:  # mean or variance of something else
    diff = g("Sub", first, g("ReduceMean", second, axes=[1]))
    other = diff if third == "x" else g("Sub", third, g("ReduceMean", third, axes=[1]))
    root = g("Sqrt", g("Add", g("ReduceMean", g("Mul", other, other), axes=[1]), "eps"))
    D = X - m(U if second == "u" else X)
    O = D if third == "x" else U - m(U)
    out(g("Div", diff, root), D / np.sqrt(m(O * O) + 1e-3))
diff = g("Sub", "x", g("ReduceMean", "x", axes=[1]))
root = g("Sqrt", g("Add", g("ReduceMean", g("Mul", diff, g("Mul", diff, diff)), axes=[1]), "five"))
out(g("Div", diff, root), (X - m(X)) / np.sqrt(m((X - m(X)) ** 3) + 5))  # a third power
xs = [x, u]
write("hand_near_misses", g, xs, outs, chain=False)
three12 = Graph(12, inputs=three)
three12("Softmax", "x", outputs=["y"], axis=1)
write("hand_softmax_12", three12, [z], [("y", softmax(Z.reshape(ROWS, 6), 1).reshape(Z.shape))], chain=False)

# The norms of a row, of zeros too; classes that only look like two opposite ones.
zeros = np.array([[1, -2, 3, 0], [0, 0, 0, 0], [-1, -2, -3, -4], [0.5, 0.5, 0, 0], [0, 0, 0, -7]], np.float32)
ZZ = d(zeros)
g = Graph(13, 1)
outs = []
for norm, n in [("L1", np.abs(ZZ).sum(1)), ("L2", np.sqrt((ZZ ** 2).sum(1))), ("MAX", ZZ.max(1))]:
    g("Normalizer", "x", outputs=[norm], domain="ai.onnx.ml", norm=norm)
    outs.append((norm, ZZ / np.where(n == 0, 1, n)[:, None]))
write("hand_norms", g, [zeros], outs, chain=False)
for name, w, b in [("weights", [[1, -1.5], [2, -2], [0, 0], [1, -1]], [0.5, -0.5]), ("biases", [[1, -1], [2, -2], [0, 0], [1, -1]], [0.5, 0.5])]:
    g = Graph(13, 1)
    p = g("Sigmoid", g("Gemm", "x", g.const("w", w), g.const("b", b)))
    g("Normalizer", p, outputs=["y"], domain="ai.onnx.ml", norm="L1")
    P = sigmoid(X @ np.array(w) + np.array(b))
    write("hand_two_%s" % name, g, [x], [("y", P / P.sum(1, keepdims=True))], chain=False)
g = Graph(13)
t = g("Relu", g("Gemm", "x", g.const("w", w := f32(4, 1)), g.const("b", b := f32(1))))
g("Concat", g("Sub", g.const("one", 1), t), t, outputs=["y"], axis=1)
t = np.maximum(X @ d(w) + d(b), 0)
write("hand_two_relus", g, [x], [("y", np.concatenate([1 - t, t], 1))], chain=False)

# Numbers at the edge of what a layer can say: no slope at all, an epsilon above 1, none.
g, v = Graph(13), X
t = "x"
for i, (act, alpha, eps) in enumerate([("LeakyRelu", 0.0, 2.0), ("Elu", 0.0, 0.0), ("LeakyRelu", 1.5, 1e-5)]):
    t = g("Gemm", t, g.const("w%d" % i, w := f32(4, 4)), g.const("b%d" % i, b := f32(4)))
    t = g("BatchNormalization", t, *[g.const("%s%d" % (n, i), np.abs(f32(4)) + 0.5) for n in ("scale", "shift", "mean", "var")], epsilon=eps)
    p = [d(numpy_helper.to_array(k)) for k in g.init[-4:]]
    v = ((v @ d(w) + d(b)) - p[2]) / np.sqrt(p[3] + eps) * p[0] + p[1]
    t, v = g(act, t, alpha=alpha), np.where(v < 0, alpha * (v if act == "LeakyRelu" else np.expm1(v)), v)
g("Identity", t, outputs=["y"])
write("hand_edges", g, [x], [("y", v)])

# Labels.
g = Graph(13)
z1 = g("MatMul", "x", g.const("w", w := f32(4, 3)))
a = g("ArgMax", z1, axis=-1, keepdims=0)
g("Gather", g.const("names", [10, 20, 30], np.int64), a, outputs=["label"])
g("ArgMin", z1, outputs=["least"], axis=1)
S = X @ d(w)
write("hand_labels", g, [x], [("label", np.array([10, 20, 30])[S.argmax(1)]), ("least", S.argmin(1)[:, None])], kinds={"label": T.INT64, "least": T.INT64}, chain=False)
g = Graph(13)
g("ArgMax", g.const("unused", [1.0]) and "x", outputs=["first"], axis=1)
g("ArgMax", "x", outputs=["last"], axis=1, select_last_index=1)
ties = np.array([[1, 2, 2, 0], [3, 3, 3, 3], [0, 0, 0, 1], [-1, -1, -2, -1], [0, 5, 1, 5]], np.float32)
write("hand_ties", g, [ties], [("first", np.array([[1], [0], [3], [0], [1]])), ("last", np.array([[2], [3], [3], [3], [3]]))],
      kinds={"first": T.INT64, "last": T.INT64}, chain=False)

# Weights of other types: in raw data, in lists, with casts in front.
for kind, dtype in [("float16", np.float16), ("float64", np.float64)]:
    for typed in [False, True]:
        g, w, b = Graph(13), f32(4, 3).astype(dtype), f32(3).astype(dtype)
        t = g("MatMul", "x", g("Cast", g.const("w", w, dtype, typed), to=T.FLOAT))
        g("Add", t, g("Cast", g.const("b", b, dtype, typed), to=T.FLOAT), outputs=["y"])
        write("hand_%s%s" % (kind, "_typed" if typed else ""), g, [x], [("y", X @ d(w) + d(b))])
g, w = Graph(13), f32(4, 3)
bits = (w.view(np.uint32) >> 16).astype(np.uint16)
t = helper.make_tensor("w", T.BFLOAT16, [4, 3], bits.tobytes(), raw=True)
g.init.append(t)
g("MatMul", "x", g("Cast", "w", to=T.FLOAT), outputs=["y"])
write("hand_bfloat16", g, [x], [("y", X @ d((bits.astype(np.uint32) << 16).view(np.float32)))])
g = Graph(13)
ints = rng.integers(-3, 4, size=(4, 3))
t = "x"
for k in [np.int8, np.int16, np.int32, np.int64]:
    t = g("MatMul", t, g("Cast", g.const("w%d" % len(g.init), (ints if len(g.init) == 0 else np.eye(3)).astype(k), k, typed=len(g.init) % 2 == 0), to=T.FLOAT))
for k in [np.uint8, np.uint16, np.uint32, np.uint64]:
    t = g("Add", t, g("Cast", g.const("b%d" % len(g.init), np.array([1, 2, 200], k), k, typed=len(g.init) % 2 == 0), to=T.FLOAT))
g("Identity", t, outputs=["y"])
write("hand_integers", g, [x], [("y", X @ d(ints) + 4 * np.array([1, 2, 200]))])

# The newer exporter of PyTorch: scalars are initializers without dimensions, flags written out.
g = Graph(18, inputs=[("x", T.FLOAT, ("s0", 4))])
full = dict(alpha=1.0, beta=1.0, transA=0, transB=1)
t = g("Gemm", "x", g.const("fc1.weight", w1 := f32(6, 4)), g.const("fc1.bias", b1 := f32(6)), **full)
u = g("Add", t, g("Mul", g("Pow", t, g.const("scalar_tensor_default", 3)), g.const("val_1", 0.044714998453855515)))
u = g("Add", g("Tanh", g("Mul", u, g.const("val_2", 0.7978845834732056))), g.const("val_3", 1))
t = g("Mul", g("Mul", t, g.const("val_4", 0.5)), u)
v = X @ d(w1).T + d(b1)
v = 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3)))
t = g("Gemm", t, g.const("fc2.weight", w2 := f32(5, 6)), g.const("fc2.bias", b2 := f32(5)), **full)
v = v @ d(w2).T + d(b2)
big = g("Greater", g("Mul", t, g.const("val_5", 1)), g.const("val_6", 20))
t = g("Where", big, t, g("Softplus", t))
v = np.log1p(np.exp(v))
t = g("LayerNormalization", g("Gemm", t, g.const("fc3.weight", w3 := f32(4, 5)), g.const("fc3.bias", b3 := f32(4)), **full),
      g.const("norm.weight", lw := f32(4)), g.const("norm.bias", lb := f32(4)), axis=-1, epsilon=1e-5, stash_type=1)
v = v @ d(w3).T + d(b3)
v = (v - v.mean(1, keepdims=True)) / np.sqrt(v.var(1, keepdims=True) + 1e-5) * d(lw) + d(lb)
t = g("Mul", t, g("HardSigmoid", t, alpha=1 / 6, beta=0.5))
v = v * np.clip(v / 6 + 0.5, 0, 1)
t = g("Clip", g("CastLike", t, t), g.const("val_7", 0), g.const("val_8", 6))
v = np.clip(v, 0, 6)
mm = None
write_name = "hand_dynamo_18"
t2 = g("MatMul", t, g.const("val_9", w4 := f32(4, 3)))
t2 = g("Add", t2, g.const("fc4.bias", b4 := f32(3)))
v = v @ d(w4) + d(b4)
g("LogSoftmax", t2, outputs=["log_softmax"], axis=1)
write(write_name, g, [x], [("log_softmax", np.log(softmax(v, 1)))], check=False, chain=False)

# The operators of later sets.
g = Graph(20)
outs = [("gelu", X * 0.5 * (1 + erf(X / 2 ** 0.5))), ("gelu_tanh", 0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X ** 3)))),
        ("mish", X * np.tanh(np.log1p(np.exp(X)))), ("hardswish", X * np.clip(X / 6 + 0.5, 0, 1)), ("mean", X.mean(1, keepdims=True)), ("max", X.max(1))]
g("Gelu", "x", outputs=["gelu"])
g("Gelu", "x", outputs=["gelu_tanh"], approximate="tanh")
g("Mish", "x", outputs=["mish"])
g("HardSwish", "x", outputs=["hardswish"])
g("ReduceMean", "x", g.const("axes", [1], np.int64), outputs=["mean"])
g("ReduceMax", "x", "axes", outputs=["max"], keepdims=0)
write("hand_functions_20", g, [x], outs, check=False, chain=False)
for opset in [19, 20, 21, 22, 23, 24, 25]:
    g = Graph(opset)
    t = g("Gemm", "x", g.const("w", w := f32(6, 4)), g.const("b", b := f32(6)), transB=1)
    v = X @ d(w).T + d(b)
    if opset >= 24:
        t, v = g("Swish", t), v * sigmoid(v)
    elif opset >= 20:
        t, v = g("Gelu", t), v * 0.5 * (1 + erf(v / 2 ** 0.5))
    t = g("BatchNormalization", t, g.const("bw", bw := f32(6)), g.const("bb", bb := f32(6)), g.const("bm", bm := f32(6)), g.const("bv", bv := np.abs(f32(6)) + 0.1), epsilon=1e-3)
    v = (v - d(bm)) / np.sqrt(d(bv) + 1e-3) * d(bw) + d(bb)
    t = g("Reshape", g("Identity", t), g.const("shape", [-1, 6], np.int64), allowzero=1)
    g("Gemm", g("Dropout", t), g.const("w2", w2 := f32(6, 2)), outputs=["y"])
    write("hand_opset_%d" % opset, g, [x], [("y", v @ d(w2))], check=False, skip_ort="ONNX Runtime 1.20 ends at 21" if opset > 21 else "")

# What changes nothing: scales of 1 that the newer exporter writes around ELU and softplus.
g = Graph(18)
t = g("Gemm", "x", g.const("w1", w1 := f32(6, 4)), g.const("b1", b1 := f32(6)), transB=1)
v = X @ d(w1).T + d(b1)
t = g("Mul", g("Elu", g("Mul", t, g.const("input_scale", 1)), alpha=0.5), g.const("scale", 1))
v = np.where(v < 0, 0.5 * np.expm1(v), v)
t = g("Gemm", t, g.const("w2", w2 := f32(5, 6)), g.const("b2", b2 := f32(5)), transB=1)
v = v @ d(w2).T + d(b2)
u = g("Mul", t, g.const("beta", 1))
t = g("Where", g("Greater", u, g.const("threshold", 20)), t, g("Div", g("Softplus", u), "beta"))
v = np.log1p(np.exp(v))
t = g("Sub", g("Pow", t, "beta"), g.const("nothing", 0))
g("Gemm", t, g.const("w3", w3 := f32(2, 5)), g.const("b3", b3 := f32(2)), outputs=["y"], transB=1)
write("hand_nothing_18", g, [x], [("y", v @ d(w3).T + d(b3))], check=False)
g = Graph(24)
g("Swish", "x", outputs=["y"], alpha=1.7)
write("hand_swish_24", g, [x], [("y", X * sigmoid(1.7 * X))], check=False, chain=False, skip_ort="ONNX Runtime 1.20 ends at 21")

# Functions that the model defines, as PyTorch's newer exporter writes without optimisation: one for a
# module, which calls those for its operators; attributes by reference, constants within.
g = Graph(17)
g.opsets += [helper.make_opsetid("pkg.torch", 1), helper.make_opsetid("pkg.torchlib", 1)]
leaky = helper.make_node("LeakyRelu", ["self"], ["result"], name="leaky")
leaky.attribute.append(onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="negative_slope"))
linear = helper.make_node("Gemm", ["self", "weight", "bias"], ["result"], name="gemm", transB=1)
linear.attribute.append(onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="alpha"))
spelled = [helper.make_node("Constant", [], ["root"], value_float=2 ** 0.5), helper.make_node("Constant", [], ["one"], value=numpy_helper.from_array(np.array(1, np.float32))),
           helper.make_node("Constant", [], ["half"], value_float=0.5), helper.make_node("Div", ["self", "root"], ["inner"]), helper.make_node("Erf", ["inner"], ["erf"]),
           helper.make_node("Add", ["erf", "one"], ["shifted"]), helper.make_node("Mul", ["self", "shifted"], ["gated"]), helper.make_node("Mul", ["half", "gated"], ["result"])]
module = [helper.make_node("linear", ["x", "w1", "b1"], ["h"], domain="pkg.torchlib", name="fc1"), helper.make_node("gelu", ["h"], ["g"], domain="pkg.torchlib", name="act1"),
          helper.make_node("linear", ["g", "w2", "b2"], ["h2"], domain="pkg.torchlib", name="fc2", alpha=0.5),
          helper.make_node("leaky", ["h2"], ["y"], domain="pkg.torchlib", name="act2", negative_slope=0.25)]
std, lib = helper.make_opsetid("", 17), helper.make_opsetid("pkg.torchlib", 1)
functions = [helper.make_function("pkg.torchlib", "leaky", ["self"], ["result"], [leaky], [std], ["negative_slope"]),
             helper.make_function("pkg.torchlib", "linear", ["self", "weight", "bias"], ["result"], [linear], [std], ["alpha"]),
             helper.make_function("pkg.torchlib", "gelu", ["self"], ["result"], spelled, [std]),
             helper.make_function("pkg.torch", "Block", ["x", "w1", "b1", "w2", "b2"], ["y"], module, [std, lib])]
ws = [f32(6, 4), f32(6), f32(4, 6), f32(4), f32(5, 4), f32(5), f32(2, 5), f32(2)]
names = [g.const("w%d" % i, w) for i, w in enumerate(ws)]
t = g("Block", "x", *names[:4], domain="pkg.torch")
g("Block", t, *names[4:], outputs=["y"], domain="pkg.torch")
g.output("y", T.FLOAT, ["N", 2])
m = helper.make_model(helper.make_graph(g.nodes, "graph", g.inputs, g.outputs, g.init), opset_imports=g.opsets, producer_name="by hand", functions=functions)
m.ir_version = 8
onnx.save(m, "hand_calls.onnx")
v = X
for w1, b1, w2, b2 in [ws[:4], ws[4:]]:
    v = v @ d(w1).T + d(b1)
    v = v * 0.5 * (1 + erf(v / 2 ** 0.5))
    v = 0.5 * v @ d(w2).T + d(b2)
    v = np.where(v < 0, 0.25 * v, v)
cases.add("hand_calls", [x], [("y", v)])
cases.save()
