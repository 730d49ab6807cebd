package report_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/report"
	"github.com/sinew-ml/sinew/train"
)

func ExampleHTML() {
	x, labels := fixtures.Iris()
	all := &train.Dataset{Inputs: 4, X: x, Labels: labels, Classes: fixtures.IrisClasses[:]}
	data, test := all.Split(0.2, 1)
	m, err := net.New(net.Config{
		Inputs: 4, Loss: net.SoftmaxCrossEntropy,
		Layers: []net.Layer{{Units: 16, Activation: net.ReLU}, {Units: 3}},
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	config := train.Config{Epochs: 100, LearnRate: train.Cosine{Start: 0.01}, Seed: 1}
	t, err := train.New(m, config)
	if err != nil {
		log.Fatal(err)
	}
	history, err := t.Fit(context.Background(), data, test)
	if err != nil {
		log.Fatal(err)
	}
	measured, err := report.Measure("test", m, net.SoftmaxCrossEntropy, test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accuracy above 90 %:", measured.Figure("accuracy") > 0.9)

	var page bytes.Buffer // or report.SaveHTML("iris.html", ...)
	err = report.HTML(&page, &report.Run{
		Title: "Iris", Networks: []*net.Network{m}, Histories: []*train.History{history}, Config: &config,
		Steps: t.Steps(), Measurements: []*report.Measurement{measured},
	})
	fmt.Println("a page with pictures:", bytes.Contains(page.Bytes(), []byte("<svg")), err)
	// Output:
	// accuracy above 90 %: true
	// a page with pictures: true <nil>
}
