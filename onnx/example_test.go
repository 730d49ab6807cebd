package onnx_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/onnx"
)

// A classifier of scikit-learn, its scaler included, becomes a network.
func Example() {
	model, err := onnx.LoadFile("testdata/sklearn_iris_names.onnx")
	if err != nil {
		log.Fatal(err)
	}
	m, err := model.Network()
	if err != nil {
		log.Fatal(err)
	}
	p := m.NewPredictor(1)
	class := p.Classify([]float32{5.1, 3.5, 1.4, 0.2})[0]
	fmt.Println(m.Config().Classes[class])
	// Output: setosa
}

// The same model run as it is written, labels and all.
func ExampleModel_NewRunner() {
	model, err := onnx.LoadFile("testdata/sklearn_iris_names.onnx")
	if err != nil {
		log.Fatal(err)
	}
	for i, out := range model.Outputs() {
		fmt.Println(i, out.Name, out.Type, out.Shape)
	}
	r, err := model.NewRunner(2)
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Run([]float32{5.1, 3.5, 1.4, 0.2, 6.7, 3.1, 5.6, 2.4}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Strings(0))
	fmt.Printf("%.2f\n", r.Floats(1))
	// Output:
	// 0 output_label string []
	// 1 probabilities float [3]
	// [setosa virginica]
	// [0.99 0.01 0.00 0.00 0.01 0.99]
}

// A model with residual additions is no chain of layers: the error says where it ends.
func ExampleModel_Network_residual() {
	model, err := onnx.LoadFile("testdata/hand_gemm_residual.onnx")
	if err != nil {
		log.Fatal(err)
	}
	_, err = model.Network()
	fmt.Println(err)
	// Output: onnx: not a chain of dense layers: operator Gemm (opset 13), node "Gemm3": two operands depend on the inputs
}

// PyTorch's classifiers end in logits. To train one further, say what on.
func ExampleModel_NetworkFor() {
	model, err := onnx.LoadFile("testdata/torch_relu_17.onnx")
	if err != nil {
		log.Fatal(err)
	}
	m, err := model.NetworkFor(net.SoftmaxCrossEntropy)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Config().Loss, len(m.Params()), "parameters")
	// Output: softmax-cross-entropy 75 parameters
}

func ExampleSave() {
	m, err := net.New(net.Config{
		Inputs: 4,
		Layers: []net.Layer{{Units: 8, Activation: net.GELU, Norm: net.LayerNorm}, {Units: 3}},
		Loss:   net.SoftmaxCrossEntropy,
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	var file bytes.Buffer // or onnx.SaveFile("model.onnx", m)
	if err := onnx.Save(&file, m); err != nil {
		log.Fatal(err)
	}
	model, err := onnx.Load(&file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Producer(), model.Opset(), model.Inputs()[0].Shape, model.Outputs()[0].Shape)
	// Output: sinew 17 [4] [3]
}
