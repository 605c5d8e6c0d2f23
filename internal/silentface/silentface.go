// Package silentface turns the two liveness networks of Silent-Face-Anti-Spoofing (Apache-2.0, minivision-ai), as that
// project publishes them, into ONNX networks of bonafide.
//
// Source: resources/anti_spoof_models/ of the project at [Commit], PyTorch state dicts in the stream format. Both are
// MiniFASNets: input "input" 1×3×80×80, planes BGR, 0–255; crop [Network.Scale] × the face box, moved inside the
// picture; output "logits" 1×3, index 1 = bona fide presentation, 0 and 2 = attack presentations.
//
// The ONNX form is written for speed at equal arithmetic: batch normalisation folded into the convolutions, PReLU as
// package onnx writes it, inner channels padded with zeros to multiples of 16, and everything behind the last
// non-linear step (a depthwise and two dense layers) folded into one convolution.
package silentface

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/torchfile"
)

// Commit of Silent-Face-Anti-Spoofing that the files are taken from.
const Commit = "b6d5f04ad78778917853b25c778acef6d5626d15"

// Names of the tensors of the ONNX networks.
const (
	Input  = "input"
	Output = "logits"
)

const side = 80

// Network is one of the two.
type Network struct {
	// Name is the project's name of the architecture.
	Name string
	// Weights is the name of the published file, SHA256 its digest in hexadecimal.
	Weights, SHA256 string
	// Scale is the side of the crop as a multiple of the face box.
	Scale float64

	squeeze bool // squeeze-and-excitation in the last block of each stage
	golden  [len(patterns)][3]float32
}

// Networks are the two networks in the order of their crop.
func Networks() []Network {
	return []Network{
		{
			Name: "MiniFASNetV2", Weights: "2.7_80x80_MiniFASNetV2.pth",
			SHA256: "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
			Scale:  2.7,
			golden: [len(patterns)][3]float32{
				{-0.55927235, 1.888598, -1.330931},
				{-3.4604561, 4.896978, -1.4396183},
				{-1.665351, 3.3262036, -1.6633759},
			},
		},
		{
			Name: "MiniFASNetV1SE", Weights: "4_0_0_80x80_MiniFASNetV1SE.pth",
			SHA256:  "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
			Scale:   4,
			squeeze: true,
			golden: [len(patterns)][3]float32{
				{-4.815345, 5.057446, -0.24397331},
				{-2.4698555, 3.9939094, -1.5254749},
				{-2.0220587, 3.4016387, -1.3810741},
			},
		},
	}
}

// ErrDigest is wrapped by Convert's error about a file that is not the published one.
var ErrDigest = errors.New("wrong SHA-256")

// Convert turns the published file into an ONNX network. Nothing in the file is executed.
func (n Network) Convert(weights []byte) ([]byte, error) {
	sum := sha256.Sum256(weights)
	if got := hex.EncodeToString(sum[:]); got != n.SHA256 {
		return nil, fmt.Errorf("%s: %w: %s, want %s", n.Weights, ErrDigest, got, n.SHA256)
	}
	state, err := torchfile.Read(weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.Weights, err)
	}
	return n.build(state)
}

func (n Network) build(state map[string]torchfile.Tensor) ([]byte, error) {
	w := &assembler{state: state, out: onnx.NewBuilder(n.Name)}
	w.network(n.squeeze)
	if w.err != nil {
		return nil, fmt.Errorf("%s: %w", n.Name, w.err)
	}
	return w.out.Model()
}

// Tolerance is how far a logit may be from the stored one in Verify.
const Tolerance = 1e-4

// patterns are the inputs of Verify: the value of plane c, row y, column x.
var patterns = [3]func(c, y, x int) int{
	func(c, y, x int) int { return (37*c + 11*y + 5*x) % 256 },
	func(c, y, x int) int { return (x*x + y*y + 80*c) % 256 },
	func(c, y, x int) int { return (c + 1) * (x ^ y) % 256 },
}

// Verify runs a converted network on three fixed inputs and compares its logits with stored ones, which the published
// weights gave in ONNX's own form of the graph.
func (n Network) Verify(ctx context.Context, backend infer.Backend, model []byte) (err error) {
	s, err := backend.Load(infer.Network{Name: n.Name, Model: model, Input: Input, Outputs: []string{Output}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i, value := range patterns {
		out, err := s.Run(ctx, input(value))
		if err != nil {
			return err
		}
		if err := out[0].Expect(1, 3); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
		for k, want := range n.golden[i] {
			if got := out[0].Data[k]; !(math.Abs(float64(got-want)) <= Tolerance) {
				return fmt.Errorf("%s: logit %d of check %d is %v, want %v ± %v", n.Name, k, i+1, got, want, Tolerance)
			}
		}
	}
	return nil
}

func input(value func(c, y, x int) int) infer.Tensor {
	data := make([]float32, 0, 3*side*side)
	for c := range 3 {
		for y := range side {
			for x := range side {
				data = append(data, float32(value(c, y, x)))
			}
		}
	}
	return infer.Tensor{Shape: []int{1, 3, side, side}, Data: data}
}
