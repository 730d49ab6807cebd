#!/usr/bin/python3
"""Writes torch.json: losses, norms and activations of PyTorch with their gradients, for
torch_test.go.

Needs PyTorch (Debian: python3-torch); run it in this directory: ./torch_golden.py > torch.json
All is computed in float64, from numbers that float32 holds.
"""
import json
import math
import torch
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
ROWS, OUT = 5, 3


def numbers(n, seed, scale=1.0):
    return [round(math.sin(seed + 1.7 * i * i) * 256 * scale) / 256 for i in range(n)]


Z = numbers(ROWS * OUT, 0.3, 4)
Y = numbers(ROWS * OUT, 1.3, 4)
Y[4] = Z[4]  # MAE's kink
SHARES = [round((v + 4) / 8 * 256) / 256 for v in Y]  # in [0, 1]
LABELS = [2, 0, 1, 1, 2]
CLASS_WEIGHTS = [0.5, 2.0, 1.25]
SOFT = [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [0.0, 0.75, 0.25], [0.125, 0.125, 0.75], [0.0, 0.0, 1.0]]
GAMMA, BETA = [1.5, -0.75, 0.5], [0.25, 1.0, -0.5]


def matrix(v):
    return torch.tensor(v).reshape(ROWS, OUT)


def short(t):
    return [float("%.10g" % v) for v in t.flatten().tolist()]


def losses():
    labels, soft = torch.tensor(LABELS), torch.tensor(SOFT)
    weights = torch.tensor(CLASS_WEIGHTS)
    for name, f in (
        ("mse", lambda z: nn.MSELoss()(z, matrix(Y))),
        ("mae", lambda z: nn.L1Loss()(z, matrix(Y))),
        ("huber", lambda z: nn.HuberLoss()(z, matrix(Y))),
        ("huber delta", lambda z: nn.HuberLoss(delta=2.5)(z, matrix(Y))),
        ("binary-cross-entropy", lambda z: nn.BCEWithLogitsLoss()(z, matrix(SHARES))),
        ("cross-entropy", lambda z: nn.CrossEntropyLoss()(z, labels)),
        ("cross-entropy smoothing", lambda z: nn.CrossEntropyLoss(label_smoothing=0.125)(z, labels)),
        ("cross-entropy weights", lambda z: nn.CrossEntropyLoss(weight=weights)(z, labels)),
        ("cross-entropy soft", lambda z: nn.CrossEntropyLoss()(z, soft)),
        ("cross-entropy soft smoothing", lambda z: nn.CrossEntropyLoss(label_smoothing=0.125)(z, soft)),
        # PyTorch's class weights with smoothing weigh each class's part: not the rows, as ours.
        ("cross-entropy smoothing weights", lambda z: (nn.CrossEntropyLoss(label_smoothing=0.125, reduction="none")(z, labels) * weights[labels]).sum() / weights[labels].sum()),
    ):
        z = matrix(Z).requires_grad_()
        cost = f(z)
        cost.backward()
        yield {"name": name, "loss": cost.item(), "dz": short(z.grad)}


def norms():
    for name, eps in (("batch", 1e-5), ("batch", 0.01), ("layer", 1e-5), ("layer", 0.01)):
        norm = nn.BatchNorm1d(OUT, eps=eps) if name == "batch" else nn.LayerNorm(OUT, eps=eps)
        with torch.no_grad():
            norm.weight.copy_(torch.tensor(GAMMA))
            norm.bias.copy_(torch.tensor(BETA))
        z = matrix(Z).requires_grad_()
        out = norm(z)
        cost = nn.MSELoss()(out, matrix(Y))
        cost.backward()
        r = {"name": name, "eps": eps, "loss": cost.item(), "out": short(out), "dz": short(z.grad), "dgamma": short(norm.weight.grad), "dbeta": short(norm.bias.grad)}
        if name == "batch":
            norm(matrix(Y))  # a second batch for the running averages
            r["mean"], r["variance"] = short(norm.running_mean), short(norm.running_var)
        norm.eval()
        r["eval"] = short(norm(matrix(Z)))
        yield r


def activations():
    # Around every kink and at it, near 0, and far out.
    at = [0, 1e-3, -1e-3, 3, -3, 2.99, -2.99, 3.01, -3.01, 6, 5.99, 6.01, 30, -30, 80, -80] + numbers(48, 0.7, 5)
    at = torch.tensor(at, dtype=torch.float32).double()
    for name, f in (
        ("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("relu", torch.relu), ("leaky-relu", nn.LeakyReLU()), ("leaky-relu 0.2", nn.LeakyReLU(0.2)),
        ("elu", nn.ELU()), ("elu 0.5", nn.ELU(0.5)), ("selu", nn.SELU()), ("gelu", nn.GELU()), ("gelu-tanh", nn.GELU(approximate="tanh")),
        ("silu", nn.SiLU()), ("softplus", nn.Softplus(threshold=100)), ("hard-sigmoid", nn.Hardsigmoid()), ("hard-swish", nn.Hardswish()), ("relu6", nn.ReLU6()),
    ):
        z = at.clone().requires_grad_()
        y = f(z)
        y.sum().backward()
        yield {"name": name, "z": [float("%.9g" % v) for v in at.tolist()], "y": short(y), "dz": short(z.grad)}


def main():
    parts = {k: json.dumps(v) for k, v in (
        ("torch", torch.__version__), ("z", Z), ("y", Y), ("shares", SHARES), ("labels", LABELS), ("class_weights", CLASS_WEIGHTS),
        ("soft", sum(SOFT, [])), ("gamma", GAMMA), ("beta", BETA))}
    for name, rows in (("losses", losses()), ("norms", norms()), ("activations", activations())):
        parts[name] = "[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]"
    print("{\n" + ",\n".join(json.dumps(k) + ": " + v for k, v in parts.items()) + "\n}")


if __name__ == "__main__":
    main()
