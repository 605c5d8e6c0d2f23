package main

import (
	"fmt"
	"testing"
)

// The two eyes of a face close together: 200 eyes of 100 faces are no 200 samples.
func TestOverCountsFacesAndNotEyes(t *testing.T) {
	var eyes []judged
	for i := range 200 {
		eyes = append(eyes, judged{row: row{name: fmt.Sprint(i / 2)}, score: 0.1})
	}
	rate, names := over(eyes, false, 0.5)
	if rate.Of != 200 || rate.Groups != 100 || rate.Interval.High != .03 || len(names) != 0 {
		t.Errorf("of 200 open eyes of 100 faces: %+v, called closed %v", rate, names)
	}
}
