"""Models in the shape in which tf2onnx writes Keras models; predictions are computed here in float64."""
import math
import numpy as np
from onnx import TensorProto as T
from common import Cases, Graph

rng = np.random.default_rng(3)
cases = Cases("keras")
ROWS = 7
erf = np.vectorize(math.erf)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Model:
    """Computes beside what it writes."""

    def __init__(self, shape, rows="unk__7", opset=15):
        self.opset = opset
        self.x = (rng.normal(size=(ROWS,) + shape) * 2).astype(np.float32)
        self.g = Graph(opset, 0, [("input_1", T.FLOAT, (rows,) + shape)], prefix="StatefulPartitionedCall/model/")
        self.h, self.v, self.n, self.fixed = "input_1", self.x.astype(np.float64), 0, rows != "unk__7"

    def const(self, name, value, dtype=np.float32):
        return self.g.const("StatefulPartitionedCall/model/%s:0" % name, value, dtype)

    def dense(self, units):
        self.n += 1
        w, b = rng.normal(size=(self.v.shape[-1], units)).astype(np.float32), rng.normal(size=units).astype(np.float32)
        kernel, bias = self.const("dense_%d/MatMul/ReadVariableOp" % self.n, w), self.const("dense_%d/BiasAdd/ReadVariableOp" % self.n, b)
        if self.fixed:  # the optimizer's rewriting
            self.h = self.g("Gemm", self.h, kernel, bias)
        else:
            self.h = self.g("Add", self.g("MatMul", self.h, kernel), bias)
        self.v = self.v @ w.astype(np.float64) + b.astype(np.float64)
        return self

    def act(self, name):
        g, h, v = self.g, self.h, self.v
        c = lambda n, x: self.const("%s_%d" % (n, len(g.init)), np.float32(x))
        if name == "relu":
            self.h, self.v = g("Relu", h), np.maximum(v, 0)
        elif name == "leaky":
            self.h, self.v = g("LeakyRelu", h, alpha=0.30000001192092896), np.where(v < 0, 0.3 * v, v)
        elif name == "elu":
            self.h, self.v = g("Elu", h, alpha=1.0), np.where(v < 0, np.expm1(v), v)
        elif name == "selu":
            self.h, self.v = g("Selu", h), 1.0507009873554805 * np.where(v < 0, 1.6732632423543772 * np.expm1(v), v)
        elif name == "relu6":
            self.h, self.v = g("Clip", h, c("lo", 0), c("hi", 6)), np.clip(v, 0, 6)
        elif name == "relu_max6":  # keras.layers.ReLU(max_value=6)
            self.h, self.v = g("Min", g("Relu", h), c("hi", 6)), np.clip(v, 0, 6)
        elif name == "hard_sigmoid":  # Keras 2: clip(0.2 x + 0.5, 0, 1)
            self.h, self.v = g("HardSigmoid", h, alpha=0.2, beta=0.5), np.clip(0.2 * v + 0.5, 0, 1)
        elif name == "hard_sigmoid3":  # Keras 3: relu6(x + 3) / 6
            self.h, self.v = g("Mul", g("Clip", g("Add", h, c("three", 3)), c("lo", 0), c("hi", 6)), c("sixth", 1 / 6)), np.clip(v / 6 + 0.5, 0, 1)
        elif name == "hard_swish":
            s = g("Div", g("Clip", g("Add", h, c("three", 3)), c("lo", 0), c("hi", 6)), c("six", 6))
            self.h, self.v = g("Mul", s, h), v * np.clip(v / 6 + 0.5, 0, 1)
        elif name == "swish":
            self.h, self.v = g("Mul", g("Sigmoid", h), h), v * sigmoid(v)
        elif name == "gelu":  # 0.5 x (1 + erf(x / sqrt 2))
            u = g("Add", g("Erf", g("Mul", h, c("r", 0.5 ** 0.5))), c("one", 1))
            self.h, self.v = g("Mul", g("Mul", c("half", 0.5), h), u), v * 0.5 * (1 + erf(v / 2 ** 0.5))
        elif name == "gelu_tanh":
            p = g("Mul", c("k", 0.044715), g("Pow", h, c("p", 3)))
            u = g("Tanh", g("Mul", c("s", math.sqrt(2 / math.pi)), g("Add", h, p)))
            self.h = g("Mul", g("Mul", c("half", 0.5), h), g("Add", c("one", 1), u))
            self.v = 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3)))
        elif name == "softplus":
            self.h, self.v = g("Softplus", h), np.log1p(np.exp(v))
        elif name == "tanh":
            self.h, self.v = g("Tanh", h), np.tanh(v)
        elif name == "sigmoid":
            self.h, self.v = g("Sigmoid", h), sigmoid(v)
        elif name == "softmax":
            self.h, self.v = (g("Softmax", h, axis=1) if self.opset < 13 else g("Softmax", h)), softmax(v)
        return self

    def normalization(self):
        mean, std = rng.normal(size=self.v.shape[1:]).astype(np.float32)[None] * 100, (rng.uniform(0.5, 3, size=self.v.shape[1:])).astype(np.float32)[None]
        self.h = self.g("Div", self.g("Sub", self.h, self.const("normalization/sub/y", mean)), self.const("normalization/Sqrt", std))
        self.v = (self.v - mean.astype(np.float64)) / std.astype(np.float64)
        return self

    def batchnorm(self):
        mul, add = rng.uniform(0.5, 2, size=self.v.shape[1:]).astype(np.float32), rng.normal(size=self.v.shape[1:]).astype(np.float32)
        self.h = self.g("Add", self.g("Mul", self.h, self.const("batchnorm/mul_%d" % self.n, mul)), self.const("batchnorm/sub_%d" % self.n, add))
        self.v = self.v * mul.astype(np.float64) + add.astype(np.float64)
        return self

    def flatten(self):
        size = int(np.prod(self.v.shape[1:]))
        self.h, self.v = self.g("Reshape", self.h, self.const("flatten/Const", [-1, size], np.int64)), self.v.reshape(ROWS, size)
        return self

    def write(self, name, chain=True):
        self.g("Identity", self.h, outputs=["dense"])
        self.g.output("dense", T.FLOAT, ("unk__8",) + self.v.shape[1:])
        self.g.write(name + ".onnx", "tf2onnx")
        cases.add(name, [self.x], [("dense", self.v)], chain=chain, skip_ort="a fixed number of rows" if self.fixed else "")


for act in ["relu", "leaky", "elu", "selu", "relu6", "relu_max6", "hard_sigmoid", "hard_sigmoid3", "hard_swish", "swish", "gelu", "gelu_tanh", "softplus", "tanh", "sigmoid"]:
    Model((4,)).dense(6).act(act).dense(3).write("keras_%s" % act)
for opset in [9, 11, 13, 15]:
    Model((4,), opset=opset).dense(6).act("relu").dense(3).act("softmax").write("keras_softmax_%d" % opset)
Model((4,), rows=1).dense(6).act("relu").dense(3).act("softmax").write("keras_fixed")
Model((3, 4)).flatten().normalization().dense(6).act("tanh").batchnorm().dense(5).batchnorm().act("relu").dense(1).act("sigmoid").write("keras_image")
Model((5,)).dense(4).act("selu").dense(4).act("elu").dense(4).act("gelu").dense(4).act("swish").dense(2).write("keras_deep")
cases.save()
