"""Runs ONNX's own checker, with shape inference, on the files named. Exit status 3: it is not installed."""
import sys

try:
    import onnx
except ImportError as e:
    print(e, file=sys.stderr)
    sys.exit(3)
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    assert inferred.graph.output[0].type.tensor_type.shape.dim[1].dim_value > 0, path
