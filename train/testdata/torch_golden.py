#!/usr/bin/python3
"""Writes torch.json: training runs and learning rates of PyTorch, for torch_test.go.

Needs PyTorch (Debian: python3-torch); run it in this directory: ./torch_golden.py > torch.json
The runs are made in float64, from numbers that float32 holds; "rounding" is how far
PyTorch's own float32 runs get from that, the yardstick for ours: the furthest of six,
whose rows and inputs are in other orders, so that they round differently.
"""
import json
import math
import torch

torch.set_num_threads(1)
IN, HIDDEN, OUT, ROWS, BATCHES, STEPS = 4, 5, 3, 6, 3, 20
SEEN = (1, 5, 20)  # the steps after which the parameters are written


def numbers(n, seed):
    """n numbers within ±1 of which float32 holds all digits."""
    return [round(math.sin(seed + 1.7 * i * i) * 256) / 256 for i in range(n)]


START = numbers(IN * HIDDEN + HIDDEN + HIDDEN * OUT + OUT, 0.3)
X = [numbers(ROWS * IN, 1 + b) for b in range(BATCHES)]
Y = [numbers(ROWS * OUT, 7 + b) for b in range(BATCHES)]
LABELS = [[(5 * i + b) * 7 % 11 % OUT for i in range(ROWS)] for b in range(BATCHES)]


def train(loss, make, full_batch=False, before_step=None, dtype=torch.float64, roll=0):
    net = torch.nn.Sequential(torch.nn.Linear(IN, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, OUT)).to(dtype)
    start = torch.tensor(START, dtype=dtype)
    with torch.no_grad():
        at = 0
        for layer in (net[0], net[2]):
            n = layer.weight.numel()
            weight = start[at:at + n].reshape(layer.in_features, layer.out_features).T
            layer.weight.copy_(weight.roll(roll, 1) if layer is net[0] else weight)
            at += n
            layer.bias.copy_(start[at:at + layer.out_features])
            at += layer.out_features
    optimizer = make(net.parameters())
    seen = []
    for step in range(STEPS):
        b = 0 if full_batch else step % BATCHES
        optimizer.zero_grad()
        out = net(torch.tensor(X[b], dtype=dtype).reshape(ROWS, IN).roll(roll, 0).roll(roll, 1))
        if loss == "mse":
            cost = torch.nn.MSELoss()(out, torch.tensor(Y[b], dtype=dtype).reshape(ROWS, OUT).roll(roll, 0))
        else:
            cost = torch.nn.CrossEntropyLoss()(out, torch.tensor(LABELS[b]).roll(roll, 0))
        cost.backward()
        if before_step:
            before_step(net.parameters())
        optimizer.step()
        if step + 1 in SEEN:
            weights = net[0].weight.roll(-roll, 1), net[2].weight
            seen.append([v for w, layer in zip(weights, (net[0], net[2])) for v in w.T.flatten().tolist() + layer.bias.tolist()])
    return seen


def runs():
    o = torch.optim
    for name, make, *rest in (
        ("sgd", lambda p: o.SGD(p, lr=0.5)),
        ("sgd l2", lambda p: o.SGD(p, lr=0.5, weight_decay=0.02)),
        ("momentum", lambda p: o.SGD(p, lr=0.1, momentum=0.9)),
        ("nesterov", lambda p: o.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
        ("nesterov l2", lambda p: o.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.02)),
        ("adagrad", lambda p: o.Adagrad(p, lr=0.1)),
        ("rmsprop", lambda p: o.RMSprop(p, lr=0.02)),
        ("rmsprop momentum", lambda p: o.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5)),
        ("rmsprop centered", lambda p: o.RMSprop(p, lr=0.01, alpha=0.9, eps=0.001, centered=True)),
        ("rmsprop centered momentum", lambda p: o.RMSprop(p, lr=0.01, alpha=0.9, eps=0.001, momentum=0.5, centered=True)),
        ("adam", lambda p: o.Adam(p, lr=0.05)),
        # 0.03: with 0.02 the first gradient of a weight, -0.019, nearly cancels, and what is left, of which
        # few digits are right, is divided by an epsilon of its own size.
        ("adam l2", lambda p: o.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=0.001, weight_decay=0.03)),
        ("amsgrad", lambda p: o.Adam(p, lr=0.05, betas=(0.7, 0.8), amsgrad=True)),
        ("adamw", lambda p: o.AdamW(p, lr=0.05)),
        ("adamw decay", lambda p: o.AdamW(p, lr=0.05, weight_decay=0.3, amsgrad=True)),
        ("rprop", lambda p: o.Rprop(p, lr=0.02), True),
        ("rprop own", lambda p: o.Rprop(p, lr=0.05, etas=(0.6, 1.5), step_sizes=(0.02, 0.125)), True),
        ("clip norm", lambda p: o.SGD(p, lr=0.5), False, lambda p: torch.nn.utils.clip_grad_norm_(p, 0.1)),
        ("clip value", lambda p: o.SGD(p, lr=0.5), False, lambda p: torch.nn.utils.clip_grad_value_(p, 0.02)),
    ):
        for loss in ("cross-entropy", "mse"):
            exact = train(loss, make, *rest)
            singles = [train(loss, make, *rest, dtype=torch.float32, roll=r) for r in range(ROWS)]
            off = max(abs(a - b) for single in singles for x, y in zip(exact, single) for a, b in zip(x, y))
            yield {"name": name, "loss": loss, "rounding": float("%.2g" % off), "params": [[float("%.10g" % v) for v in x] for x in exact]}


def rates():
    s = torch.optim.lr_scheduler

    def optimizer(rate):
        return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)

    for name, rate, make, steps in (
        ("step", 0.5, lambda o: s.StepLR(o, step_size=7), 30),
        ("step half", 0.5, lambda o: s.StepLR(o, step_size=4, gamma=0.5), 30),
        ("exponential", 0.5, lambda o: s.ExponentialLR(o, gamma=0.9), 30),
        ("cosine", 0.5, lambda o: s.CosineAnnealingLR(o, T_max=25), 26),
        ("cosine end", 0.5, lambda o: s.CosineAnnealingLR(o, T_max=25, eta_min=0.1), 26),
        ("one-cycle", 0.5, lambda o: s.OneCycleLR(o, max_lr=0.5, total_steps=30), 30),
        ("one-cycle own", 0.5, lambda o: s.OneCycleLR(o, max_lr=0.5, total_steps=33, pct_start=0.41, div_factor=10, final_div_factor=5), 33),
        ("one-cycle short", 0.5, lambda o: s.OneCycleLR(o, max_lr=0.5, total_steps=3), 3),
    ):
        o = optimizer(rate)
        schedule = make(o)
        seen = []
        for i in range(steps):
            seen.append(o.param_groups[0]["lr"])
            o.step()
            if i + 1 < steps:
                schedule.step()
        yield {"name": name, "rates": seen}


def plateaus():
    # A loss that falls, stays, falls by less than the threshold, rises, falls; and an accuracy.
    loss = [3, 2, 1.5] + [1.5] * 5 + [1.49990, 1.49980] * 3 + [1.6] * 9 + [1.2, 1.1] + [1.1] * 30
    accuracy = [0.1, 0.4, 0.5] + [0.5] * 6 + [0.50004] * 3 + [0.6] + [0.55] * 20 + [0.0, 1.0]
    for name, figures, kw in (
        ("loss", loss, dict(patience=3)),
        ("loss defaults", loss, {}),
        ("loss floor", loss, dict(patience=1, factor=0.5, min_lr=0.03)),
        ("accuracy", accuracy, dict(patience=2, factor=0.5, mode="max")),
    ):
        o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(o, **kw)
        seen = []
        for f in figures:
            schedule.step(f)
            seen.append(o.param_groups[0]["lr"])
        yield {"name": name, "figures": figures, "rates": seen}


def main():
    parts = {
        "torch": json.dumps(torch.__version__), "start": json.dumps(START), "x": json.dumps(X), "y": json.dumps(Y), "labels": json.dumps(LABELS),
    }
    for name, rows in (("runs", runs()), ("schedules", rates()), ("plateaus", plateaus())):
        parts[name] = "[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]"
    print("{\n" + ",\n".join(json.dumps(k) + ": " + v for k, v in parts.items()) + "\n}")


if __name__ == "__main__":
    main()
