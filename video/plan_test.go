package video

import (
	"time"

	"requin/frame"
)

// second is one picture a second.
var second = frame.Sampling{Every: time.Second}
