"""Makes the NumPy files of this folder (Debian's python3-numpy 1.24.2).
Run here: /usr/bin/python3 make.py"""
import io
import zipfile
import numpy as np

a = np.arange(24).reshape(2, 3, 4)
arrays = {}
for name in ("b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"):
    signed = name[0] in "if"
    values = (a % 2 == 1) if name == "b1" else (a - 11 if signed else a)
    if name[0] == "f":
        values = values / 4
    for order in "<>":
        arrays[("big" if order == ">" else "little") + "_" + name] = values.astype(order + name)
arrays["fortran"] = np.asfortranarray((a - 11) / 4).astype("f4")
arrays["fortran_2d"] = np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3))
arrays["scalar"] = np.float32(2.5)
arrays["empty"] = np.zeros((0, 3))
arrays["special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e300, 6e-8], dtype="f8")
arrays["half"] = np.array([np.nan, np.inf, -np.inf, -0.0, 65504, 6e-8, 6.1e-5], dtype="f2")


def savez(path, arrays, compression):  # as np.savez, with fixed dates, so that the bytes are fixed
    with zipfile.ZipFile(path, "w", compression) as z:
        for name, value in arrays.items():
            b = io.BytesIO()
            np.lib.format.write_array(b, np.asanyarray(value))
            z.writestr(zipfile.ZipInfo(name + ".npy"), b.getvalue(), compress_type=compression)


savez("types.npz", arrays, zipfile.ZIP_DEFLATED)
x = (np.arange(12, dtype="f4") / 2).reshape(4, 3)
savez("set.npz", dict(x=x, y=np.array([0, 2, 1, 0])), zipfile.ZIP_STORED)
for version in (2, 3):
    with open(f"version{version}.npy", "wb") as f:
        np.lib.format.write_array(f, x, version=(version, 0))
np.save("x.npy", x)
np.save("objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)
np.save("structure.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
np.save("text.npy", np.array(["ab", "c"]))
np.save("complex.npy", np.zeros(2, dtype=complex))
