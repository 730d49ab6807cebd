package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/onnx"
	"github.com/sinew-ml/sinew/report"
	"github.com/spf13/cobra"
)

func newInspect() *cobra.Command {
	var tensors, asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Show what model files hold",
		Long: `Inspect shows what is in a model file: layers with their shapes, parameters and
multiply-adds per row, preparation of the inputs, classes, memory, sizes and digests. It
takes networks, ensembles and checkpoints of Sinew, safetensors files of any program, and
ONNX models, also those that are no chain of layers.

The digest of the weights is the SHA-256 of all parameters and running averages as
little-endian float32: equal for equal weights, whatever the format of the file.`,
		Example: `  sinew inspect model.safetensors
  sinew inspect --tensors bert.safetensors
  sinew inspect model.onnx
  sinew inspect --json *.safetensors`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			for i, path := range args {
				found, err := inspect(path)
				if err != nil {
					return err
				}
				if asJSON {
					if err := json.NewEncoder(out).Encode(found); err != nil {
						return err
					}
					continue
				}
				if i > 0 {
					fmt.Fprintln(out)
				}
				found.print(out, tensors)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&tensors, "tensors", false, "list the tensors of the file too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a line for each file")
	cmd.Flags().SortFlags = false
	return cmd
}

// inspection is what inspect found out about a file.
type inspection struct {
	Path     string            `json:"path"`
	Kind     string            `json:"kind"`
	Bytes    int64             `json:"bytes"`
	SHA256   string            `json:"sha256"`
	Facts    []report.Fact     `json:"facts,omitempty"` // what only this kind of file has
	Metadata map[string]string `json:"metadata,omitempty"`
	Networks []networkInfo     `json:"networks,omitempty"`
	Tensors  []tensorInfo      `json:"tensors,omitempty"`
}

// networkInfo is what inspect says of a network.
type networkInfo struct {
	Loss         string      `json:"loss"`
	Inputs       int         `json:"inputs"`
	Outputs      int         `json:"outputs"`
	Parameters   int         `json:"parameters"`
	MultiplyAdds int64       `json:"multiply_adds_per_row"`
	Memory       int64       `json:"memory_bytes"`
	Preparation  string      `json:"preparation,omitempty"`
	Classes      []string    `json:"classes,omitempty"`
	Weights      string      `json:"weights_sha256"`
	Layers       []layerInfo `json:"layers"`
}

type layerInfo struct {
	Inputs       int     `json:"inputs"`
	Units        int     `json:"units"`
	Activation   string  `json:"activation"`
	Norm         string  `json:"norm"`
	Dropout      float64 `json:"dropout"`
	Parameters   int     `json:"parameters"`
	MultiplyAdds int     `json:"multiply_adds_per_row"`
}

type tensorInfo struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
	Bytes int    `json:"bytes"`
}

// inspect looks into a file.
func inspect(path string) (*inspection, error) {
	k, err := detect(path)
	if err != nil {
		return nil, err
	}
	v := &inspection{Path: path, Kind: k.String()}
	if v.Bytes, v.SHA256, err = digest(path); err != nil {
		return nil, err
	}
	if k == kindONNX {
		return v, v.onnx(path)
	}
	if err := v.tensors(path); err != nil {
		return nil, err
	}
	if k == kindTensors {
		return v, nil
	}
	if k == kindCheckpoint {
		v.checkpoint()
	}
	m, err := loadModel(path)
	if err != nil {
		return nil, err
	}
	for _, one := range m.members {
		v.Networks = append(v.Networks, networkOf(one))
	}
	return v, nil
}

// digest returns a file's size and SHA-256.
func digest(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w", path, err)
	}
	return n, hex.EncodeToString(h.Sum(nil)), nil
}

// tensors lists what a safetensors file has.
func (v *inspection) tensors(path string) error {
	f, unmap, err := safetensors.MapFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unmap()
	v.Metadata = map[string]string{}
	for key, text := range f.Metadata {
		// Strings of a mapped file's header are copies; the long ones are shown as layers.
		if key != "sinew.config" && key != "sinew.ensemble" {
			v.Metadata[key] = text
		}
	}
	values, dtypes := 0, map[string]int{}
	for _, t := range f.Tensors {
		v.Tensors = append(v.Tensors, tensorInfo{t.Name, t.DType, t.Shape, len(t.Data)})
		n := 1
		for _, dim := range t.Shape {
			n *= dim
		}
		values += n
		dtypes[t.DType] += n
	}
	var kinds []string
	for name := range dtypes {
		kinds = append(kinds, name)
	}
	slices.Sort(kinds)
	text := fmt.Sprintf("%d, of %d numbers", len(f.Tensors), values)
	if len(kinds) > 0 {
		text += ": " + strings.Join(cleaned(kinds), ", ")
	}
	v.fact("tensors", text)
	return nil
}

func (v *inspection) fact(name, value string) {
	v.Facts = append(v.Facts, report.Fact{Name: name, Value: value})
}

// checkpoint says where the run stands, and on which data.
func (v *inspection) checkpoint() {
	var p struct {
		Steps int `json:"steps"`
		Best  int `json:"best_epoch"`
		Run   *struct{ Epochs, Done, Step int }
		Sets  struct{ Data, Validation string }
	}
	if json.Unmarshal([]byte(v.Metadata[positionKey]), &p) != nil {
		return // the loader says what is wrong
	}
	if p.Run == nil {
		v.fact("run", fmt.Sprintf("none at hand, after %d updates", p.Steps))
		return
	}
	text := fmt.Sprintf("%d of %d epochs", p.Run.Done, p.Run.Epochs)
	if p.Run.Step > 0 {
		text += fmt.Sprintf(" and %d steps of the next", p.Run.Step)
	}
	v.fact("run", fmt.Sprintf("%s, %d updates", text, p.Steps))
	if p.Best > 0 {
		v.fact("best epoch", fmt.Sprint(p.Best))
	}
	v.fact("data", clean(p.Sets.Data))
	if p.Sets.Validation != "" {
		v.fact("validation", clean(p.Sets.Validation))
	}
}

// positionKey is where a checkpoint's metadata say how far the run is.
const positionKey = "sinew.position"

// onnx looks into an ONNX model.
func (v *inspection) onnx(path string) error {
	m, err := onnx.LoadFile(path)
	if err != nil {
		return err
	}
	v.fact("producer", clean(m.Producer()))
	v.fact("opset", fmt.Sprint(m.Opset()))
	for _, part := range []struct {
		name string
		all  []onnx.Info
	}{{"input", m.Inputs()}, {"output", m.Outputs()}} {
		for _, i := range part.all {
			text := fmt.Sprintf("%s: %s, %v a row", clean(i.Name), i.Type, i.Shape)
			if i.Classes != nil {
				text += ", classes " + shortList(cleaned(i.Classes))
			}
			v.fact(part.name, text)
		}
	}
	one, err := m.Network()
	if err != nil {
		v.fact("parameters", fmt.Sprint(m.Parameters()))
		v.fact("arithmetic", fmt.Sprintf("%d multiply-adds per row", m.MultiplyAdds()))
		v.fact("chain", fmt.Sprintf("no: %s. Package onnx runs it; convert, eval and predict want a chain", printable(strings.TrimPrefix(err.Error(), "onnx: "))))
		return nil
	}
	v.fact("chain", "yes: sinew convert, eval and predict take it")
	v.Networks = []networkInfo{networkOf(one)}
	return nil
}

// networkOf describes a network.
func networkOf(m *net.Network) networkInfo {
	c := m.Config()
	v := networkInfo{
		Loss: c.Loss.String(), Inputs: m.Inputs(), Outputs: m.Outputs(), Parameters: len(m.Params()),
		Preparation: report.Preparation(m.Transform()), Classes: c.Classes, Weights: weightsDigest(m),
	}
	if memory, err := net.MemoryFor(c, 1); err == nil {
		v.Memory = memory.Network
	}
	in := c.Inputs
	for _, l := range c.Layers {
		layer := layerInfo{in, l.Units, l.Activation.String(), l.Norm.String(), l.Dropout, (in + 1) * l.Units, in * l.Units}
		if l.Norm != net.NoNorm {
			layer.Parameters += 2 * l.Units
		}
		v.Layers = append(v.Layers, layer)
		v.MultiplyAdds += int64(layer.MultiplyAdds)
		in = l.Units
	}
	if t := m.Transform(); t != nil && t.Matrix != nil {
		v.MultiplyAdds += int64(len(t.Matrix))
	}
	return v
}

// weightsDigest is the SHA-256 of the network's numbers.
func weightsDigest(m *net.Network) string {
	h := sha256.New()
	var b []byte
	for _, arena := range [][]float32{m.Params(), m.Stats()} {
		for len(arena) > 0 {
			n := min(len(arena), 1<<14)
			b = b[:0]
			for _, v := range arena[:n] {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			h.Write(b)
			arena = arena[n:]
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// print writes it for people.
func (v *inspection) print(w io.Writer, tensors bool) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("model", "%s, %d bytes", v.Path, v.Bytes)
	kind := v.Kind
	if len(v.Networks) > 1 {
		kind += fmt.Sprintf(" of %d networks", len(v.Networks))
	}
	line("kind", "%s", kind)
	line("sha256", "%s", v.SHA256)
	for _, f := range v.Facts {
		line(f.Name, "%s", f.Value)
	}
	var keys []string
	for key := range v.Metadata {
		if key != positionKey { // its facts are there already
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		text := v.Metadata[key]
		if len(text) > 200 {
			text = fmt.Sprintf("%.200s... (%d bytes)", text, len(text))
		}
		line("metadata", "%s: %q", clean(key), text)
	}
	for i := range v.Networks {
		if len(v.Networks) > 1 {
			fmt.Fprintf(w, "\nmember %d\n", i)
		}
		v.Networks[i].print(w)
	}
	if tensors {
		fmt.Fprintln(w)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "tensor\tdtype\tshape\tbytes\n")
		for _, x := range v.Tensors {
			fmt.Fprintf(t, "%s\t%s\t%v\t%d\n", clean(x.Name), clean(x.DType), x.Shape, x.Bytes)
		}
		t.Flush()
	}
}

// clean returns a name from a file, quoted if a terminal might mind it.
func clean(s string) string {
	if q := fmt.Sprintf("%q", s); q != `"`+s+`"` {
		return q
	}
	return s
}

// cleaned is clean for each of names.
func cleaned(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = clean(name)
	}
	return all
}

func (v *networkInfo) print(w io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("loss", "%s", v.Loss)
	if v.Preparation != "" {
		line("preparation", "%s", v.Preparation)
	}
	if v.Classes != nil {
		line("classes", "%s", shortList(cleaned(v.Classes)))
	}
	line("parameters", "%d", v.Parameters)
	line("memory", "%d bytes", v.Memory)
	line("arithmetic", "%d multiply-adds per row", v.MultiplyAdds)
	line("weights", "sha256 %s", v.Weights)
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "layer\tinputs\tunits\tactivation\tnorm\tdropout\tparameters\tmultiply-adds\t\n")
	for i, l := range v.Layers {
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%s\t%g\t%d\t%d\t\n", i, l.Inputs, l.Units, l.Activation, l.Norm, l.Dropout, l.Parameters, l.MultiplyAdds)
	}
	t.Flush()
}
