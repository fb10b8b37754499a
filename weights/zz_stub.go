package weights

import (
	"errors"
	"io"

	"requin/nn"
)

func readPyTorch(f format, r io.ReaderAt, size int64) (nn.Weights, error) {
	return nil, errors.New("PyTorch's files cannot be read yet")
}
