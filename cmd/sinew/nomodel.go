package main

import "bytes"

// noModel says what a file is that begins with head, if it cannot be safetensors: for files
// of other programs, what to save instead. "" if it may be.
func noModel(head []byte) string {
	for _, k := range []struct{ begin, text string }{
		{"PK\x03\x04", "a zip archive, as .pt, .keras and .npz files are: want safetensors or ONNX. " + otherwise},
		{"\x89HDF", "an HDF5 file, as Keras writes: want safetensors or ONNX. " + otherwise},
		{"\x80\x02", pickle}, {"\x80\x03", pickle}, {"\x80\x04", pickle}, {"\x80\x05", pickle},
		{"\x1f\x8b", "compressed with gzip: unpack it first"},
	} {
		// A header of so odd a length could begin a safetensors file.
		if bytes.HasPrefix(head, []byte(k.begin)) && (len(head) < 9 || !jsonStart(head[8])) {
			return k.text
		}
	}
	if len(head) > 8 && !jsonStart(head[8]) {
		return "neither a safetensors file nor an ONNX model"
	}
	return ""
}

const (
	otherwise = "In PyTorch save with safetensors.torch.save_file(model.state_dict(), FILE) or torch.onnx.export, in Keras with tf2onnx"
	pickle    = "a Python pickle, which nothing here opens, as it may run code: want safetensors or ONNX. " + otherwise + ", in scikit-learn with skl2onnx"
)

// jsonStart reports whether a header of safetensors may begin with c.
func jsonStart(c byte) bool { return bytes.IndexByte([]byte("{ \t\r\n"), c) >= 0 }
