"""What the scripts beside this one share: they write small models and what these predict.

Made with Debian 12's python3-torch 1.13, python3-onnx 1.12, python3-sklearn 1.2. Run each script in
this folder; equal versions give equal files. NAME.json lists the cases of NAME_models.py.
"""
import json
import numpy as np
import onnx
from onnx import helper, mapping, numpy_helper


def number(v):
    """Nine digits give a float32 back; seventeen a float64."""
    return float("%.9g" % v) if isinstance(v, (np.float32, np.float64, float)) else v


class Cases:
    def __init__(self, name):
        self.name, self.cases = name, []

    def add(self, name, inputs, outputs, chain=True, check=True, skip_ort=""):
        """inputs: arrays in order; outputs: (name, array) of every output of the model.

        chain: whether the model is a chain of layers. check: whether onnx 1.12 knows its
        operator set. skip_ort: why ONNX Runtime cannot be asked for its opinion.
        """
        if check:
            onnx.checker.check_model(name + ".onnx")
        case = {"model": name + ".onnx", "chain": chain, "inputs": [], "outputs": []}
        if skip_ort:
            case["skip_ort"] = skip_ort
        for x in inputs:
            case["inputs"].append({"shape": list(x.shape), "values": [number(v) for v in x.ravel().tolist()]})
        for out, y in outputs:
            y = np.asarray(y)
            values = [number(v) for v in y.ravel().tolist()]
            case["outputs"].append({"name": out, "shape": list(y.shape), "values": values})
        self.cases.append(case)

    def save(self):
        with open(self.name + ".json", "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(c) for c in self.cases) + "\n]\n")


class Graph:
    """A model written node by node; call it with an operator for its output's name."""

    def __init__(self, opset, ml=0, inputs=(("x", 1, ("N", 4)),), prefix=""):
        self.nodes, self.init, self.outputs, self.prefix, self.count = [], [], [], prefix, 0
        self.opsets = [helper.make_opsetid("", opset)]
        if ml:
            self.opsets.append(helper.make_opsetid("ai.onnx.ml", ml))
        self.inputs = [helper.make_tensor_value_info(*i) for i in inputs]

    def const(self, name, value, dtype=np.float32, typed=False):
        """typed: in float_data and the like, as skl2onnx writes; otherwise raw."""
        a = np.asarray(value, dtype=dtype)
        if typed:
            t = helper.make_tensor(name, mapping.NP_TYPE_TO_TENSOR_TYPE[a.dtype], a.shape, a.ravel().tolist())
        else:
            t = numpy_helper.from_array(a, name)
        self.init.append(t)
        return name

    def __call__(self, op, *inputs, outputs=None, domain="", name=None, **attrs):
        self.count += 1
        out = outputs or ["%s%s_%d" % (self.prefix, op, self.count)]
        self.nodes.append(helper.make_node(op, list(inputs), out, name=name or "%s%s%d" % (self.prefix, op, self.count), domain=domain, **attrs))
        return out[0]

    def output(self, name, typ, shape):
        self.outputs.append(helper.make_tensor_value_info(name, typ, shape))

    def write(self, path, producer, ir=8):
        g = helper.make_graph(self.nodes, "graph", self.inputs, self.outputs, self.init)
        m = helper.make_model(g, opset_imports=self.opsets, producer_name=producer)
        m.ir_version = ir
        with open(path, "wb") as f:
            f.write(m.SerializeToString())
