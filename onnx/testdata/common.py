"""What the scripts beside this one share: they write small models and what these predict.

Made with Debian 12's python3-torch 1.13, python3-onnx 1.12, python3-sklearn 1.2. Run each script in
this folder; equal versions give equal files. NAME.json lists the cases of NAME_models.py.
"""
import json
import numpy as np
import onnx


def number(v):
    """Nine digits give a float32 back; seventeen a float64."""
    return float("%.9g" % v) if isinstance(v, (np.float32, np.float64, float)) else v


class Cases:
    def __init__(self, name):
        self.name, self.cases = name, []

    def add(self, name, inputs, outputs, chain=True, classify=None, skip_ort=""):
        """inputs: arrays in order; outputs: (name, array) of every output of the model.

        chain: whether the model is a chain of layers. classify: which class each row has.
        skip_ort: why ONNX Runtime cannot be asked for its opinion.
        """
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
