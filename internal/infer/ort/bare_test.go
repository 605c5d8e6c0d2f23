package ort_test

import (
	"slices"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/onnx"
)

func TestBareRunsOnWhatItIsFed(t *testing.T) {
	backend, err := ort.Open(library(t))
	if err != nil {
		t.Fatal(err)
	}
	b := onnx.NewBuilder("positive")
	b.Output(b.ReLU(b.Input("in", 1, 1, 1, 5)), "out", 1, 1, 1, 5)
	model, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := backend.LoadBare(infer.Network{Name: "positive", Model: model, Input: "in", Outputs: []string{"out"}}, 1, 1, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		fed, want []float32
	}{
		{"nothing", nil, []float32{0, 0, 0, 0, 0}},
		{"fewer than it has", []float32{1, -2, 3}, []float32{1, 0, 3, 1, 0}},
		{"more than it has", []float32{6, 5, 4, 3, 2, 1}, []float32{6, 5, 4, 3, 2}},
		{"nothing again", nil, []float32{6, 5, 4, 3, 2}},
	} {
		bare.Feed(tt.fed)
		if err := bare.Run(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bare.Output(), tt.want) {
			t.Errorf("fed with %s it gives %v, want %v", tt.name, bare.Output(), tt.want)
		}
	}
	if err := bare.Close(); err != nil {
		t.Error(err)
	}
	if err := backend.Close(); err != nil {
		t.Error(err)
	}
}
