// Package dataset's noun is a dataset: the pictures and boxes that a model is
// trained and tested on, frozen in a hashed manifest. It owns which frames are
// taken, the folds and the fixed test set, the check for leaks, and the batches
// that a trainer eats. It stores no truth (survey) and trains nothing (train).
package dataset
