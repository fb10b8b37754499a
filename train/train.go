// Package train's noun is a training: a dataset and a recipe become a model file.
// It owns the recipe, the one loop, checkpoints, the choice of thresholds and
// calibration on validation, the file that is deployed and the page that shows how it
// goes. Networks and their losses are nn's, the arithmetic is torch's, batches are
// dataset's.
package train
