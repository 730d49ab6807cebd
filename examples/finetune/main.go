// Finetune brings a model to a device and goes on training its last layer there, on the
// few rows that the device has of its own: the same digits, but the device's buttons have
// other numbers. The hidden layer, frozen, is run once for all epochs, each of which then
// costs what the last layer does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	x, labels := fixtures.Digits()
	all := &train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels}
	rest, test := all.Split(0.3, 1)
	server, device := rest.Split(0.04, 2)

	// On the server: digits as they are.
	c := net.Config{
		Inputs: fixtures.DigitsInputs,
		Layers: []net.Layer{{Units: 64, Activation: net.ReLU}, {Units: 10}},
		Loss:   net.SoftmaxCrossEntropy,
	}
	m, err := net.New(c)
	if err != nil {
		return err
	}
	m.Init(1)
	if err := fit(m, train.Config{Epochs: 30}, server); err != nil {
		return err
	}

	// On the device: the hidden layer stays as it came, the last one starts anew.
	for _, d := range []*train.Dataset{device, test} {
		for i, l := range d.Labels {
			d.Labels[i] = (3*l + 1) % 10
		}
	}
	tuned := m.Clone()
	w, _ := tuned.Layer(1)
	clear(w)
	if err := fit(tuned, train.Config{Epochs: 100, Layers: []train.LayerConfig{{Frozen: true}, {}}}, device); err != nil {
		return err
	}
	scratch := m.Clone()
	scratch.Init(2)
	if err := fit(scratch, train.Config{Epochs: 100}, device); err != nil {
		return err
	}
	for _, r := range []struct {
		name string
		m    *net.Network
	}{{"last layer tuned", tuned}, {"trained from scratch", scratch}} {
		e, err := train.Evaluate(r.m, test)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s on %d rows: accuracy %.2f\n", r.name, device.Rows(), e.Accuracy)
	}
	return nil
}

func fit(m *net.Network, c train.Config, data *train.Dataset) error {
	t, err := train.New(m, c)
	if err != nil {
		return err
	}
	defer t.Close()
	_, err = t.Fit(context.Background(), data, nil)
	return err
}
