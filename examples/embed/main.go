// Embed has its model inside the binary: one file to copy, nothing to load.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/sinew-ml/sinew/net"
)

// The model of iris flowers that this command wrote, 1.2 KB:
//
//go:generate go run ../../cmd/sinew train --data iris --hidden 16 --epochs 200 --seed 1 --model iris.safetensors --plot= --force
//go:embed iris.safetensors
var model []byte

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	m, err := net.Load(bytes.NewReader(model))
	if err != nil {
		return err
	}
	p := m.NewPredictor(1)
	for _, flower := range [][]float32{{5.1, 3.5, 1.4, 0.2}, {6.0, 2.9, 4.5, 1.5}, {6.7, 3.1, 5.6, 2.4}} {
		class := p.Classify(flower)[0]
		fmt.Fprintf(w, "%v is %s\n", flower, m.Config().Classes[class])
	}
	return nil
}
