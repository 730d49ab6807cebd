"""Models as PyTorch's TorchScript exporter writes them, in the operator sets that differ."""
import os
import numpy as np
import onnx
import torch
from torch import nn
from common import Cases

torch.manual_seed(1)
cases = Cases("torch")
ROWS = 6


def export(name, module, x, opset, chain=True, fixed=False, **options):
    """x: a tensor or several. Rows are left open unless fixed."""
    xs = x if isinstance(x, tuple) else (x,)
    module.eval()
    with torch.no_grad():
        ys = module(*xs)
    ys = ys if isinstance(ys, tuple) else (ys,)
    names_in = ["x%d" % i for i in range(len(xs))]
    names_out = ["y%d" % i for i in range(len(ys))]
    axes = None if fixed else {n: {0: "rows"} for n in names_in + names_out}
    torch.onnx.export(module, xs, name + ".onnx", opset_version=opset, input_names=names_in,
                      output_names=names_out, dynamic_axes=axes, **options)
    cases.add(name, [t.numpy() for t in xs], [(n, y.detach().numpy()) for n, y in zip(names_out, ys)], chain=chain)


def rows(*shape):
    return torch.randn(ROWS, *shape) * 2


def randomise(module):
    """Gives norms something to do."""
    for m in module.modules():
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(m.weight, 0.5, 2)
            nn.init.uniform_(m.bias, -1, 1)
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(m.running_mean)
            nn.init.uniform_(m.running_var, 0.3, 3)
    return module


# Every activation, where its spelling depends on the operator set.
for act, opsets in [
    (nn.Sigmoid(), [9]), (nn.Tanh(), [9]), (nn.ReLU(), [7, 17]), (nn.LeakyReLU(0.2), [9]), (nn.ELU(0.7), [9]),
    (nn.SELU(), [9]), (nn.CELU(), [17]), (nn.GELU(), [9, 13, 17]), (nn.GELU("tanh"), [9, 17]), (nn.SiLU(), [9, 17]),
    (nn.Softplus(), [9]), (nn.Hardsigmoid(), [9, 17]), (nn.Hardswish(), [9, 13, 17]), (nn.ReLU6(), [9, 11, 17]),
    (nn.PReLU(init=0.3), [9, 17]), (nn.Hardtanh(0, 6), [9, 17]),
]:
    for opset in opsets:
        form = "_tanh" if getattr(act, "approximate", "") == "tanh" else ""
        name = "torch_%s%s_%d" % (type(act).__name__.lower(), form, opset)
        export(name, nn.Sequential(nn.Linear(5, 8), act, nn.Linear(8, 3)), rows(5), opset)
for act in [nn.Mish(), nn.Softsign(), nn.PReLU(8), nn.Hardtanh(-2, 2), nn.Threshold(0.5, 0)]:
    name = "torch_%s_other" % type(act).__name__.lower()
    try:
        export(name, nn.Sequential(nn.Linear(5, 8), act, nn.Linear(8, 3)), rows(5), 13, chain=False)
    except Exception as e:  # what this exporter cannot write
        print(name, type(e).__name__)

# Norms.
for opset in [7, 9, 13, 17]:
    export("torch_batchnorm_%d" % opset, randomise(nn.Sequential(
        nn.BatchNorm1d(5), nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 7), nn.Tanh(),
        nn.BatchNorm1d(7), nn.Dropout(0.5), nn.Linear(7, 3))), rows(5), opset,
        # Kept apart: this is what the exporter does in training mode, and what a network trains on.
        training=torch.onnx.TrainingMode.PRESERVE)
for opset in [9, 13, 17]:
    export("torch_layernorm_%d" % opset, randomise(nn.Sequential(
        nn.Linear(5, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))), rows(5), opset)
export("torch_layernorm_plain_13", nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8, elementwise_affine=False),
                                                 nn.ReLU(), nn.Linear(8, 3)), rows(5), 13)

# Outputs.
for opset in [9, 11, 13]:
    export("torch_softmax_%d" % opset, nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3), nn.Softmax(1)), rows(5), opset)
    export("torch_logsoftmax_%d" % opset, nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(-1)), rows(5), opset)
export("torch_sigmoid_out_13", nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid()), rows(5), 13)


class ArgMax(nn.Module):
    def __init__(self, keep):
        super().__init__()
        self.net, self.keep = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)), keep

    def forward(self, x):
        return self.net(x).argmax(1, keepdim=self.keep)


export("torch_argmax_9", ArgMax(False), rows(5), 9)
export("torch_argmax_17", ArgMax(True), rows(5), 17)


# Inputs.
class View(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(12, 3)

    def forward(self, x):
        return self.net(x.view(x.size(0), -1))


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
        self.register_buffer("mean", torch.tensor([0.48, 0.45, 0.4, 0.5]))
        self.register_buffer("std", torch.tensor([0.22, 0.23, 0.25, 0.3]))

    def forward(self, x):
        return self.net((x / 255 - self.mean) / self.std) * 3.5 + 20


for opset in [9, 13, 17]:
    export("torch_view_%d" % opset, View(), rows(3, 4), opset)
    export("torch_normalised_%d" % opset, Normalised(), torch.rand(ROWS, 4) * 255, opset)
export("torch_view_fixed_13", View(), rows(3, 4), 13, fixed=True)
export("torch_view_one_13", View(), rows(3, 4)[:1], 13, fixed=True)
export("torch_flatten_9", nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), rows(3, 4), 9)
export("torch_flatten_17", nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), rows(3, 2, 2), 17)
export("torch_nobias_11", nn.Sequential(nn.Linear(5, 4, bias=False), nn.ReLU(), nn.Linear(4, 3, bias=False)), rows(5), 11)
export("torch_inputs_11", nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)), rows(5), 11, keep_initializers_as_inputs=True)
export("torch_double_13", nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)).double(), rows(5).double(), 13)
export("torch_bfloat16_13", nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)).bfloat16().float(), rows(5), 13)


# What is no chain.
class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.norm, self.last = nn.Linear(5, 8), nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x):
        h = torch.relu(self.first(x))
        h = h + nn.functional.gelu(self.second(self.norm(h)))
        return self.last(h), h.mean(1, keepdim=True), h.max(1).values


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(5, 4), nn.Linear(3, 4)

    def forward(self, x, y):
        both = torch.cat([torch.relu(self.a(x)), self.b(y)], 1)
        return both * torch.sigmoid(both[:, ::2].sum(1, keepdim=True)), torch.softmax(both.view(-1, 2, 4), 1)


class Steps(nn.Module):
    """A dense layer over the last of three dimensions, and a swap of two."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(5, 4), nn.Linear(3, 2)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)).transpose(1, 2)).flatten(1)


for opset in [11, 13, 17]:
    export("torch_residual_%d" % opset, Residual(), rows(5), opset, chain=False)
    export("torch_two_inputs_%d" % opset, TwoInputs(), (rows(5), rows(3)), opset, chain=False)
    export("torch_steps_%d" % opset, Steps(), rows(3, 5), opset, chain=False)

# External data, all in one file and a file each; and half precision with a cast in front.
net = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3))
export("torch_external", net, rows(5), 13)
m = onnx.load("torch_external.onnx")
if os.path.exists("torch_external.data"):  # onnx.save would append to it
    os.remove("torch_external.data")
onnx.save(m, "torch_external.onnx", save_as_external_data=True, location="torch_external.data", size_threshold=0)
m = onnx.load("torch_external.onnx")
os.makedirs("weights", exist_ok=True)
export("torch_external_each", net, rows(5), 13)
for t in m.graph.initializer:
    location = "weights/%s.bin" % t.name
    with open(location, "wb") as f:
        f.write(t.raw_data)
    del t.external_data[:]
    onnx.external_data_helper.set_external_data(t, location=location)
    t.ClearField("raw_data")
onnx.save(m, "torch_external_each.onnx")
cases.save()
