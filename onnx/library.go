package onnx

import "requin/native"

// Library finds ONNX Runtime's library: $ONNXRUNTIME_LIB, beside the executable, in
// .tools/onnxruntime of a checkout, and where systems keep libraries. The error says
// how to get it.
func Library() (string, error) {
	return native.Library{
		What: "ONNX Runtime's library", Stem: "onnxruntime", Env: "ONNXRUNTIME_LIB", Tools: "onnxruntime",
		Get: "run `make tools` in Requin's source folder, or install ONNX Runtime 1.24 or later " +
			"(github.com/microsoft/onnxruntime/releases) and set ONNXRUNTIME_LIB to the library file",
	}.Find()
}
