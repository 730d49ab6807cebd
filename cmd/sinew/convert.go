package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/onnx"
	"github.com/sinew-ml/sinew/torch"
	"github.com/spf13/cobra"
)

// convertCommand is the command line of convert.
type convertCommand struct {
	to, precision, loss, activation, config, classes string
	eps                                              float64
	member                                           int
	fold, force                                      bool
}

func newConvert() *cobra.Command {
	var f convertCommand
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Convert models: Sinew, ONNX, PyTorch state dict",
		Long: `Convert reads a model and writes it in another format:

  sinew   a safetensors file with architecture, preparation and classes inside
  onnx    an ONNX model, preparation included
  torch   the state dict of a torch.nn.Sequential as safetensors, for
          model.load_state_dict(load_file("OUT")); the Python expression that makes the
          module is printed. A preparation does not fit in it: use --fold

IN is a network, ensemble or checkpoint of Sinew, an ONNX model that is a chain of layers,
or a PyTorch state dict in safetensors. An ensemble becomes one ONNX graph, which gives the
mean; of a checkpoint the weights are taken that the run would leave. A state dict does
not say which activation lies between its layers: give --activation, or the whole
architecture as --config FILE, whose part "net" counts. ONNX models and state dicts that end in logits become
classifiers with --loss softmax-cross-entropy.

OUT is ONNX if its name ends in .onnx and of Sinew otherwise, unless --to says so. A file
that exists is replaced only with --force, and only as a whole.`,
		Example: `  sinew convert model.safetensors model.onnx
  sinew convert torch.onnx model.safetensors --loss softmax-cross-entropy
  sinew convert state_dict.safetensors model.safetensors --activation gelu --loss softmax-cross-entropy
  sinew convert model.safetensors state_dict.safetensors --to torch --fold
  sinew convert model.safetensors small.safetensors --precision bf16
  sinew convert ensemble.safetensors ensemble.onnx
  sinew convert ensemble.safetensors first.safetensors --member 0`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "`FORMAT` of OUT: sinew, onnx or torch (default by its name)")
	flags.StringVar(&f.precision, "precision", "f32", "`FORMAT` of the weights in a Sinew file: f32, f16 or bf16")
	flags.BoolVar(&f.fold, "fold", false, "multiply preparation and batch norms into the weights, for serving")
	flags.StringVar(&f.activation, "activation", "relu", "`FUNCTION` between the layers of a state dict")
	flags.StringVar(&f.loss, "loss", "", "`LOSS` of the network, of an ONNX model or state dict (default by what it ends in)")
	flags.Float64Var(&f.eps, "eps", 1e-5, "`E` of a state dict's norms, in [1e-12, 1]")
	flags.StringVar(&f.config, "config", "", "configuration `FILE` with the architecture of a state dict")
	flags.StringVar(&f.classes, "classes", "", "`NAMES` of the classes, as a list")
	flags.IntVar(&f.member, "member", -1, "take member `N` of an ensemble, from 0 (default none: all)")
	flags.Lookup("member").DefValue = "0"
	flags.BoolVar(&f.force, "force", false, "replace OUT if it exists")
	flags.SortFlags = false
	return cmd
}

func (f *convertCommand) run(cmd *cobra.Command, in, out string) error {
	if f.to == "" {
		if f.to = "sinew"; strings.EqualFold(filepath.Ext(out), ".onnx") {
			f.to = "onnx"
		}
	}
	if f.to != "sinew" && f.to != "onnx" && f.to != "torch" {
		return usage("--to %q: want sinew, onnx or torch", f.to)
	}
	var p net.Precision
	if err := p.UnmarshalText([]byte(strings.ToUpper(f.precision))); err != nil {
		return usage("--precision %q: want f32, f16 or bf16", f.precision)
	}
	if p != net.Float32 && f.to != "sinew" {
		return usage("--precision %s goes with --to sinew: %s is written in f32", f.precision, f.to)
	}
	if cmd.Flags().Changed("member") && f.member < 0 {
		return usage("--member %d: want a number from 0 up", f.member)
	}
	a, errA := os.Stat(in)
	b, errB := os.Stat(out)
	if errA != nil {
		return errA
	}
	if errB == nil && os.SameFile(a, b) {
		return fmt.Errorf("%s and %s are the same file", in, out)
	}
	if errB == nil && !f.force {
		return fmt.Errorf("%s exists: give another name, or --force to replace it", out)
	}
	if err := writable(out); err != nil {
		return err
	}
	m, err := f.load(cmd, in)
	if err != nil {
		return err
	}
	if err := f.change(m); err != nil {
		return err
	}
	if err := f.save(m, out, p); err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s  %s\n", in, m.describe())
	fmt.Fprintf(w, "%s  %s, %d bytes\n", out, f.to, info.Size())
	if f.to == "torch" {
		fmt.Fprintf(w, "\n%s\n", torch.Modules(m.members[0].Config()))
	}
	return nil
}

// load reads IN with what the flags add to it.
func (f *convertCommand) load(cmd *cobra.Command, path string) (*model, error) {
	k, err := detect(path)
	if err != nil {
		return nil, err
	}
	fs := cmd.Flags()
	if name := changed(fs, "activation", "eps", "config"); name != "" && k != kindTensors {
		return nil, usage("--%s goes with a state dict: %s is %s", name, path, k)
	}
	if fs.Changed("config") {
		if name := changed(fs, "activation", "eps", "loss"); name != "" {
			return nil, usage("--%s does not go with --config, which says it", name)
		}
	}
	var loss net.Loss
	if f.loss != "" {
		if err := loss.UnmarshalText([]byte(f.loss)); err != nil {
			return nil, usage("--loss: %w", err)
		}
		if k != kindTensors && k != kindONNX {
			return nil, usage("--loss goes with an ONNX model or a state dict: %s is a %s, with a loss", path, k)
		}
	}
	m := &model{kind: k, path: path}
	var one *net.Network
	switch k {
	case kindTensors:
		o := torch.Options{Loss: loss, Eps: f.eps}
		if err := o.Activation.UnmarshalText([]byte(f.activation)); err != nil {
			return nil, usage("--activation: %w", err)
		}
		if f.config != "" {
			c, err := readConfig(f.config)
			if err != nil {
				return nil, err
			}
			o.Config = &c.Net.Config
		}
		one, err = torch.LoadFile(path, o)
	case kindONNX:
		var o *onnx.Model
		if o, err = onnx.LoadFile(path); err != nil {
			return nil, err
		}
		if f.loss != "" {
			one, err = o.NetworkFor(loss)
		} else {
			one, err = o.Network()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	default:
		m, err = loadModel(path)
		if err != nil || m.all == nil {
			if err == nil && f.member >= 0 {
				err = usage("--member goes with an ensemble: %s is a %s", path, k)
			}
			return m, err
		}
		if f.member >= len(m.members) {
			return nil, usage("--member %d: want 0...%d", f.member, len(m.members)-1)
		}
		if f.member >= 0 {
			return &model{kind: kindNetwork, path: path, members: m.members[f.member:][:1]}, nil
		}
		return m, nil
	}
	if err == nil && f.member >= 0 {
		err = usage("--member goes with an ensemble: %s is %s", path, k)
	}
	m.members = []*net.Network{one}
	return m, err
}

// change folds and names, if it is asked for.
func (f *convertCommand) change(m *model) error {
	for i, one := range m.members {
		if f.fold {
			m.members[i] = one.Fold()
		}
		if f.classes != "" {
			named, err := withClasses(m.members[i], splitList(f.classes))
			if err != nil {
				return err
			}
			m.members[i] = named
		}
	}
	if m.all == nil {
		return nil
	}
	var err error
	m.all, err = net.NewEnsemble(m.members...)
	return err
}

// withClasses returns a network with other names of its classes.
func withClasses(m *net.Network, classes []string) (*net.Network, error) {
	c := m.Config()
	c.Classes = classes
	n, err := net.New(c)
	if err != nil {
		return nil, usage("--classes: %w", err)
	}
	copy(n.Params(), m.Params())
	copy(n.Stats(), m.Stats())
	return n, n.SetTransform(m.Transform())
}

func (f *convertCommand) save(m *model, out string, p net.Precision) error {
	one := m.members[0]
	switch {
	case f.to == "torch" && m.all != nil:
		return usage("%s is an ensemble, which a state dict has no place for: take one with --member", m.path)
	case f.to == "torch" && one.Transform() != nil:
		return usage("the model prepares its inputs, which a state dict has no place for: use --fold")
	case f.to == "torch":
		return torch.SaveFile(out, one)
	case f.to == "onnx" && m.all != nil:
		return onnx.SaveEnsembleFile(out, m.all)
	case f.to == "onnx":
		return onnx.SaveFile(out, one)
	case m.all != nil:
		return m.all.SaveFileAs(out, p)
	}
	return one.SaveFileAs(out, p)
}
