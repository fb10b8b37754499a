package cli

import (
	"context"
	"fmt"
	"io/fs"

	"requin/frame"
	"requin/survey"
	"requin/video"
)

// isMedia tells whether a file is a picture or a video.
func isMedia(name string) bool { return video.IsImageName(name) || video.IsVideoName(name) }

// sizes tells the size in pixels of a picture or video; fs.ErrNotExist where it is not there.
func sizes(ctx context.Context, in *survey.Pictures) func(name string) (w, h int, err error) {
	return func(name string) (int, int, error) {
		found, ok := in.Find(name)
		if !ok {
			return 0, 0, fmt.Errorf("%s does not lie in %s: name its folder with --pictures (%w)", name, in.Root(), fs.ErrNotExist)
		}
		if video.IsVideoName(found) {
			f, err := video.Probe(ctx, found, frame.Rational{})
			if err != nil {
				return 0, 0, err
			}
			return f.W, f.H, nil
		}
		w, h, err := video.ImageSize(found)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: its size cannot be read: %w", found, err)
		}
		return w, h, nil
	}
}
