// Command runtime runs a model on the same picture again and again: ONNX Runtime alone, as a
// yardstick for the whole program.
//
//	go run ./bench/runtime MODEL FRAMES
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"

	"requin/onnx"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: runtime MODEL FRAMES")
	}
	frames, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	info, err := onnx.Read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	session, err := onnx.Open(os.Args[1], info, onnx.Options{Device: "cpu", Threads: runtime.NumCPU()})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	shape := info.Inputs[0].Shape()
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	input := []onnx.Tensor{{Shape: shape, F32: make([]float32, n)}}
	for i := range input[0].F32 {
		input[0].F32[i] = float32(i % 251)
	}
	for range frames {
		if _, err := session.Run(input); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Fprintf(os.Stderr, "%d runs of %v\n", frames, shape)
}
