// Package dataset's noun is a dataset: the pictures and boxes that a model is
// trained and tested on, frozen in a hashed manifest. It owns which frames are
// taken, the folds and the fixed test set, the check for leaks, and the batches
// that a trainer eats. It stores no truth (survey) and trains nothing (train).
//
// The flow:
//
//	m, err := dataset.Build(ctx, dir, source, settings, progress)  // truth → a folder that no longer changes
//	m, err := dataset.Load(dir)                                    // its manifest, hash and schema checked
//	err    := dataset.Verify(ctx, dir, m)                          // every picture is what it was
//	c, err := dataset.Check(ctx, dir, m, checks)                   // leaks and wrong boxes
//	err    := c.WritePage(w, dir)
//	l, err := dataset.NewLoader(dir, m, m.Training(fold), loading) // batches for a trainer
//	for batch, err := range l.Batches(ctx, epoch, 0) { ... }
package dataset
