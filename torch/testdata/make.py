"""Makes the test data of package torch with PyTorch (Debian: python3-torch).

    python3 make.py          writes NAME.safetensors, a state dict, and NAME.json, inputs and outputs
    python3 make.py check    loads sinew-NAME.safetensors, which the Go tests wrote, and compares

Run it in this folder. The few lines of safetensors here are our own: the Python package is
not needed.
"""
import json
import struct
import sys

import torch
from torch import nn

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def save(state, path):
    header, data = {}, b""
    for name, t in state.items():
        raw = t.contiguous().view(torch.int16).numpy().tobytes() if t.dtype == torch.bfloat16 else t.contiguous().numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def load(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    kinds = {v: k for k, v in DTYPES.items()}
    state = {}
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            state[name] = torch.frombuffer(bytearray(raw[8 + n + a : 8 + n + b]), dtype=kinds[t["dtype"]]).reshape(t["shape"])
    return state


class Named(nn.Module):
    """Names that are words, in the order of the alphabet."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.out = nn.Linear(6, 8), nn.Linear(8, 7), nn.Linear(7, 4)

    def forward(self, x):
        return self.out(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


def models():
    torch.manual_seed(1)
    yield "plain", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)), "relu"
    yield "named", Named(), "tanh"
    deep = []
    for _ in range(6):
        deep += [nn.Linear(6, 6), nn.GELU()]
    yield "deep", nn.Sequential(*deep, nn.Linear(6, 4)), "gelu"  # 12 sorts after 10 as a number
    yield "batchnorm", nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.SiLU(), nn.Dropout(0.5), nn.Linear(8, 4)), "silu"
    yield "layernorm", nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.ELU(), nn.Linear(8, 4)), "elu"
    yield "nobias", nn.Sequential(nn.Linear(6, 8, bias=False), nn.Sigmoid(), nn.Linear(8, 4, bias=False)), "sigmoid"
    yield "double", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)).double(), "relu"
    yield "half", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)).half(), "relu"
    yield "bfloat", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)).bfloat16(), "relu"


def outputs(model, x):
    model = model.double().eval()
    with torch.no_grad():
        return model(x.double())


def make():
    for name, model, activation in models():
        x = torch.randn(5, 6)
        if name == "batchnorm":
            model.train()
            for _ in range(20):
                model(torch.randn(32, 6) * 2 + 1)  # moves the running averages
        save(model.state_dict(), name + ".safetensors")
        y = outputs(model, x)
        with open(name + ".json", "w") as f:
            json.dump({"activation": activation, "x": x.flatten().tolist(), "y": y.flatten().tolist()}, f)


def check():
    with open("sinew.json") as f:
        cases = json.load(f)
    for name, c in cases.items():
        model = eval(c["modules"])
        model.load_state_dict(load("sinew-" + name + ".safetensors"))  # strict: no name missing or left over
        y = outputs(model, torch.tensor(c["x"]).reshape(-1, c["inputs"])).flatten()
        want = torch.tensor(c["y"], dtype=torch.float64)
        error = ((y - want).abs() / (1 + want.abs())).max().item()
        print(name, "largest relative difference", error)
        assert error < 1e-5, name


check() if sys.argv[1:] == ["check"] else make()
