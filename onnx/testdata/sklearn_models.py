"""Models of scikit-learn in the shape in which skl2onnx writes them; predictions are scikit-learn's own."""
import warnings
import numpy as np
import onnx
from onnx import TensorProto as T
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from common import Cases, Graph

warnings.simplefilter("ignore")
cases = Cases("sklearn")
ACT = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid", "identity": "Identity"}


def scaler(g, x, s):
    return g("Scaler", x, domain="ai.onnx.ml", offset=s.mean_.astype(np.float32).tolist(), scale=(1 / s.scale_).astype(np.float32).tolist())


def layers(g, x, mlp):
    h = g("Cast", x, to=T.FLOAT)
    n = len(mlp.coefs_)
    for i, (w, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        h = g("MatMul", h, g.const("coefficient%d" % i, w, typed=True))
        h = g("Add", h, g.const("intercepts%d" % i, b[None], typed=True))
        if i < n - 1:
            h = g(ACT[mlp.activation], h)
    return h


def labels(g, probabilities, classes):
    a = g("ArgMax", probabilities, axis=1)
    if classes.dtype.kind in "iu":
        c = g.const("classes", classes, np.int32)
        label = g("ArrayFeatureExtractor", c, a, domain="ai.onnx.ml")
        label = g("Cast", label, to=T.FLOAT)
        label = g("Reshape", label, g.const("shape_tensor", [-1], np.int64))
        g("Cast", label, outputs=["output_label"], to=T.INT64)
        g.output("output_label", T.INT64, [None])
    else:
        g.init.append(onnx.helper.make_tensor("classes", T.STRING, [len(classes)], [c.encode() for c in classes]))
        label = g("ArrayFeatureExtractor", "classes", a, domain="ai.onnx.ml")
        g("Reshape", label, g.const("shape_tensor", [-1], np.int64), outputs=["output_label"])
        g.output("output_label", T.STRING, [None])


def classifier(name, data, target, mlp, zipmap=False, names=None, scale=True, opset=15, itype=T.FLOAT):
    if names is not None:
        target = np.array(names)[target]
    s = StandardScaler().fit(data) if scale else None
    mlp.fit(s.transform(data) if scale else data, target)
    g = Graph(opset, 1, [("X", itype, [None, data.shape[1]])])
    h = layers(g, scaler(g, "X", s) if scale else "X", mlp)
    if mlp.out_activation_ == "softmax":
        h = g("Softmax", h)
    else:
        h = g("Sigmoid", h)
    if len(mlp.classes_) == 2:
        one = g.const("unity", [1], typed=True)
        h = g("Concat", g("Sub", one, h), h, axis=1)
    else:
        h = g("Identity", h)
    if zipmap:
        key = {"classlabels_int64s": mlp.classes_.tolist()} if mlp.classes_.dtype.kind in "iu" else {"classlabels_strings": mlp.classes_.tolist()}
        labels(g, h, mlp.classes_)
        g("ZipMap", h, outputs=["output_probability"], domain="ai.onnx.ml", **key)
        kind = T.INT64 if mlp.classes_.dtype.kind in "iu" else T.STRING
        info = onnx.ValueInfoProto(name="output_probability")
        info.type.sequence_type.elem_type.map_type.key_type = kind
        info.type.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = T.FLOAT
        info.type.sequence_type.elem_type.map_type.value_type.tensor_type.shape.SetInParent()
        g.outputs.append(info)
    else:
        labels(g, h, mlp.classes_)
        g.nodes.append(onnx.helper.make_node("Identity", [h], ["probabilities"], name="last"))
        g.output("probabilities", T.FLOAT, [None, len(mlp.classes_)])
    g.write(name + ".onnx", "skl2onnx")
    x = data[:: len(data) // 12].astype(np.float32)
    xs = s.transform(x.astype(np.float64)) if scale else x.astype(np.float64)
    cases.add(name, [x], [("output_label", mlp.predict(xs)), (g.outputs[1].name, mlp.predict_proba(xs))], chain=itype == T.FLOAT,
              skip_ort="ZipMap gives a list of maps" if zipmap else "")


iris, cancer, diabetes = load_iris(), load_breast_cancer(), load_diabetes()
small = dict(max_iter=60, random_state=1)
classifier("sklearn_iris", iris.data, iris.target, MLPClassifier((6,), **small))
classifier("sklearn_iris_7", iris.data, iris.target, MLPClassifier((6,), **small), opset=11)
classifier("sklearn_iris_names", iris.data, iris.target, MLPClassifier((6, 5), activation="tanh", max_iter=500, learning_rate_init=0.01, random_state=1),
           names=iris.target_names)
classifier("sklearn_iris_zipmap", iris.data, iris.target, MLPClassifier((5,), activation="logistic", **small), zipmap=True)
classifier("sklearn_iris_zipmap_names", iris.data, iris.target, MLPClassifier((5,), **small), zipmap=True, names=iris.target_names)
classifier("sklearn_iris_labels", iris.data, iris.target * 7 - 3, MLPClassifier((5,), activation="identity", **small), scale=False)
classifier("sklearn_iris_int64", np.round(iris.data), iris.target, MLPClassifier((5,), **small), scale=False, itype=T.INT64)
classifier("sklearn_cancer", cancer.data[:, :10], cancer.target, MLPClassifier((6,), **small))
classifier("sklearn_cancer_names", cancer.data[:, :10], cancer.target, MLPClassifier((6,), **small), names=cancer.target_names)


def regressor(name, targets, double=False, minmax=False):
    data = diabetes.data[:, :6] * 100 + 50
    y = np.stack([diabetes.target, diabetes.target ** 0.5], 1)[:, :targets]
    s = (MinMaxScaler((-1, 1), clip=True) if minmax else StandardScaler()).fit(data)
    mlp = MLPRegressor((6,), max_iter=300, random_state=1).fit(s.transform(data), y[:, 0] if targets == 1 else y)
    t, dt = (T.DOUBLE, np.float64) if double else (T.FLOAT, np.float32)
    g = Graph(15, 1, [("X", t, [None, 6])])
    if minmax:
        h = g("Cast", "X", to=t)
        h = g("Mul", h, g.const("scale", s.scale_, dt, typed=True))
        h = g("Add", h, g.const("min", s.min_, dt, typed=True))
        h = g("Clip", h, g.const("lo", -1, dt, typed=True), g.const("hi", 1, dt, typed=True))
    else:
        h = g("Div", g("Sub", "X", g.const("mean", s.mean_, dt, typed=True)), g.const("scale", s.scale_, dt, typed=True))
    h = g("Cast", h, to=t)
    n = len(mlp.coefs_)
    for i, (w, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        h = g("Add", g("MatMul", h, g.const("coefficient%d" % i, w, dt, typed=True)), g.const("intercepts%d" % i, b[None], dt, typed=True))
        h = g("Relu" if i < n - 1 else "Identity", h)
    g("Reshape", h, g.const("shape_tensor", [-1, targets], np.int64), outputs=["variable"])
    g.output("variable", t, [None, targets])
    g.write(name + ".onnx", "skl2onnx")
    x = data[::40].astype(np.float32)
    cases.add(name, [x], [("variable", mlp.predict(s.transform(x.astype(np.float64))).reshape(-1, targets))], chain=not minmax)


regressor("sklearn_regressor", 1)
regressor("sklearn_regressor_2", 2)
regressor("sklearn_regressor_double", 1, double=True)
regressor("sklearn_regressor_minmax", 1, minmax=True)


def logistic(name, data, target, names=None, zipmap=True, multi="auto", chain=True):
    if names is not None:
        target = np.array(names)[target]
    s = StandardScaler().fit(data)
    lr = LogisticRegression(max_iter=300, multi_class=multi).fit(s.transform(data), target)
    coef, intercept = lr.coef_, lr.intercept_
    binary = len(lr.classes_) == 2
    if binary:
        coef, intercept = np.vstack([-coef, coef]), np.hstack([-intercept, intercept])
    soft = multi != "ovr" and not binary
    g = Graph(15, 1, [("X", T.FLOAT, [None, data.shape[1]])])
    ints = lr.classes_.dtype.kind in "iu"
    key = {"classlabels_ints" if ints else "classlabels_strings": lr.classes_.tolist()}
    h = scaler(g, "X", s)
    g("LinearClassifier", h, outputs=["label", "scores"], domain="ai.onnx.ml", coefficients=coef.ravel().astype(np.float32).tolist(),
      intercepts=intercept.astype(np.float32).tolist(), multi_class=1 if soft else 0, post_transform="SOFTMAX" if soft else "LOGISTIC", **key)
    if ints:
        g("Cast", "label", outputs=["output_label"], to=T.INT64)
    else:
        g("Identity", "label", outputs=["output_label"])
    p = g("Normalizer", "scores", domain="ai.onnx.ml", norm="L1")
    g.output("output_label", T.INT64 if ints else T.STRING, [None])
    g("Identity", p, outputs=["probabilities"])
    g.output("probabilities", T.FLOAT, [None, len(lr.classes_)])
    g.write(name + ".onnx", "skl2onnx")
    x = data[:: len(data) // 12].astype(np.float32)
    xs = s.transform(x.astype(np.float64))
    cases.add(name, [x], [("output_label", lr.predict(xs)), ("probabilities", lr.predict_proba(xs))], chain=chain)


logistic("sklearn_logistic", iris.data, iris.target)
logistic("sklearn_logistic_names", iris.data, iris.target, names=iris.target_names)
logistic("sklearn_logistic_binary", cancer.data[:, :10], cancer.target)
logistic("sklearn_logistic_ovr", iris.data, iris.target, multi="ovr", chain=False)

# A linear regression, and a network for several labels at once.
lin = LinearRegression().fit(diabetes.data, diabetes.target)
g = Graph(15, 1, [("X", T.FLOAT, [None, 10])])
g("LinearRegressor", "X", outputs=["variable"], domain="ai.onnx.ml", coefficients=lin.coef_.astype(np.float32).tolist(), intercepts=[float(lin.intercept_)])
g.output("variable", T.FLOAT, [None, 1])
g.write("sklearn_linear.onnx", "skl2onnx")
x = diabetes.data[::40].astype(np.float32)
cases.add("sklearn_linear", [x], [("variable", lin.predict(x.astype(np.float64)).reshape(-1, 1))])

y = np.stack([iris.target == 1, iris.data[:, 0] > 5.8], 1).astype(int)
mlp = MLPClassifier((6,), **small).fit(iris.data, y)
g = Graph(15, 1, [("X", T.FLOAT, [None, 4])])
p = g("Identity", g("Sigmoid", layers(g, "X", mlp)), outputs=["probabilities"])
b = g("Binarizer", p, domain="ai.onnx.ml", threshold=0.5)
g("Cast", b, outputs=["output_label"], to=T.INT64)
g.output("output_label", T.INT64, [None, 2])
g.output("probabilities", T.FLOAT, [None, 2])
g.write("sklearn_multilabel.onnx", "skl2onnx")
x = iris.data[::12].astype(np.float32)
cases.add("sklearn_multilabel", [x], [("output_label", mlp.predict(x.astype(np.float64))), ("probabilities", mlp.predict_proba(x.astype(np.float64)))])

# A table of which each column is an input, joined in either way; and probabilities as one output
# for each class, as the option zipmap="columns" makes them.
mlp = MLPClassifier((5,), **small).fit(iris.data, iris.target)
x = iris.data[::12].astype(np.float32)
columns = [x[:, i:i + 1] for i in range(4)]
for name, join in [("columns", "FeatureVectorizer"), ("concat", "Concat")]:
    g = Graph(15, 1, [("c%d" % i, T.FLOAT, [None, 1]) for i in range(4)])
    if join == "Concat":
        h = g("Concat", *["c%d" % i for i in range(4)], axis=1)
    else:
        h = g("FeatureVectorizer", *["c%d" % i for i in range(4)], domain="ai.onnx.ml", inputdimensions=[1] * 4)
    g("Softmax", layers(g, h, mlp), outputs=["probabilities"])
    g.output("probabilities", T.FLOAT, [None, 3])
    g.write("sklearn_iris_%s.onnx" % name, "skl2onnx")
    cases.add("sklearn_iris_%s" % name, columns, [("probabilities", mlp.predict_proba(x.astype(np.float64)))])
g = Graph(15, 1, [("X", T.FLOAT, [None, 4])])
p = g("Softmax", layers(g, "X", mlp))
for i in range(3):
    h = g("Slice", p, g.const("starts%d" % i, [i], np.int64), g.const("ends%d" % i, [i + 1], np.int64), g.const("axes%d" % i, [1], np.int64))
    g("Reshape", h, g.const("shape%d" % i, [-1], np.int64), outputs=["i%d" % i])
    g.output("i%d" % i, T.FLOAT, [None])
g.write("sklearn_iris_zipcolumns.onnx", "skl2onnx")
cases.add("sklearn_iris_zipcolumns", [x], [("i%d" % i, y) for i, y in enumerate(mlp.predict_proba(x.astype(np.float64)).T)], chain=False)
cases.save()
