// Package simulate's noun is a simulated survey: rendered baited videos whose truth
// is known. It owns the scene (sea bed, water, bait arm, animals), its light and its
// camera. It is for tests and for the demo, and what it makes says so.
package simulate
