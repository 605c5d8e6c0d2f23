package rewrite_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
)

// network is a network of the catalogue as the stages feed it: shape of the input, and the range of its values.
type network struct {
	file, input string
	outputs     []string
	shape       []int
	low, high   float32
}

var networks = []network{
	{catalog.UltraLightDetector, "input", []string{"scores", "boxes"}, []int{1, 3, 240, 320}, -1, 1},
	{catalog.Landmarks68, "input", []string{"output"}, []int{1, 1, 64, 64}, 0, 1},
	{catalog.EyeState, "input", []string{"output"}, []int{1, 1, 24, 24}, 0, 1},
	{catalog.MiniFASNet128, "input", []string{"output"}, []int{1, 3, 128, 128}, 0, 255},
	{catalog.FaceMesh, "input_1", []string{"conv2d_31"}, []int{1, 3, 192, 192}, 0, 1},
}

func (n network) load(t testing.TB, backend infer.Backend, model []byte) infer.Session {
	t.Helper()
	s, err := backend.Load(infer.Network{Name: n.file, Model: model, Input: n.input, Outputs: n.outputs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (n network) noise(seed uint64) infer.Tensor {
	count := 1
	for _, side := range n.shape {
		count *= side
	}
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]float32, count)
	for i := range data {
		data[i] = n.low + (n.high-n.low)*r.Float32()
	}
	return infer.Tensor{Shape: n.shape, Data: data}
}

// agree runs both forms of a network on noise and compares every output to 1e-4.
func (n network) agree(t *testing.T, backend infer.Backend, before, after []byte) {
	t.Helper()
	published, rewritten := n.load(t, backend, before), n.load(t, backend, after)
	for seed := range uint64(3) {
		want, err := published.Run(t.Context(), n.noise(seed))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rewritten.Run(t.Context(), n.noise(seed))
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if len(got[i].Data) != len(want[i].Data) {
				t.Fatalf("output %s has %d values, want %d", n.outputs[i], len(got[i].Data), len(want[i].Data))
			}
			for k, v := range want[i].Data {
				if !(math.Abs(float64(got[i].Data[k]-v)) <= 1e-4) {
					t.Fatalf("output %s, value %d: %v, want %v", n.outputs[i], k, got[i].Data[k], v)
				}
			}
		}
	}
}

func TestNetworksKeepTheirOutputs(t *testing.T) {
	backend := catalogtest.Backend(t)
	for _, n := range networks {
		t.Run(n.file, func(t *testing.T) {
			before := catalogtest.Network(t, n.file)
			after, err := rewrite.Blocked(before)
			if err != nil {
				t.Fatal(err)
			}
			n.agree(t, backend, before, after)
		})
	}
}

// bothForms is what was built, as it is and rewritten.
func bothForms(t *testing.T, b *onnx.Builder) (before, after []byte) {
	t.Helper()
	before, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	if after, err = rewrite.Blocked(before); err != nil {
		t.Fatal(err)
	}
	return before, after
}

func count(t *testing.T, model []byte, op string) (n int) {
	t.Helper()
	m, err := onnx.Read(model)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range m.GetGraph().GetNode() {
		if node.GetOpType() == op {
			n++
		}
	}
	return n
}

// values are n different weights of both signs.
func values(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.Sin(float64(i + 1)))
	}
	return out
}

func conv(out, in, kernel, groups int) onnx.Conv {
	return onnx.Conv{
		Weight: values(out * in / groups * kernel * kernel), Bias: values(out), Out: out, In: in,
		KernelH: kernel, KernelW: kernel, StrideH: 1, StrideW: 1, Groups: groups,
	}
}

// widths are the output channels of each convolution of a model.
func widths(t *testing.T, model []byte) []int64 {
	t.Helper()
	m, err := onnx.Read(model)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int64{}
	for _, c := range m.GetGraph().GetInitializer() {
		shapes[c.GetName()] = c.GetDims()
	}
	var out []int64
	for _, n := range m.GetGraph().GetNode() {
		if n.GetOpType() == "Conv" {
			out = append(out, shapes[n.GetInput()[1]][0])
		}
	}
	return out
}

func TestPadding(t *testing.T) {
	tests := []struct {
		name  string
		build func(b *onnx.Builder, x string) string
		want  []int64
	}{
		{"chain", func(b *onnx.Builder, x string) string {
			x = b.ReLU(b.Conv(x, conv(13, 3, 1, 1)))
			return b.Conv(b.Conv(x, conv(13, 13, 3, 13)), conv(5, 13, 1, 1))
		}, []int64{16, 16, 5}},
		{"both sides of a sum", func(b *onnx.Builder, x string) string {
			return b.Conv(b.Add(b.Conv(x, conv(14, 3, 3, 1)), b.Conv(x, conv(14, 3, 3, 1))), conv(4, 14, 1, 1))
		}, []int64{16, 16, 4}},
		{"seen by another operator", func(b *onnx.Builder, x string) string {
			y := b.Conv(x, conv(13, 3, 1, 1))
			y = b.Apply("Mul", []string{y, b.Apply("Sigmoid", []string{y})})
			return b.Conv(y, conv(4, 13, 3, 1))
		}, []int64{13, 4}},
		{"appended channels", func(b *onnx.Builder, x string) string {
			x = b.Conv(x, conv(14, 3, 1, 1))
			more := b.Apply("Pad", []string{x, b.Int64s(0, 0, 0, 0, 0, 14, 0, 0)})
			return b.Conv(b.Add(more, b.Conv(x, conv(28, 14, 1, 1))), conv(4, 28, 3, 1))
		}, []int64{16, 32, 32, 4}},
		{"appended copies of a channel", func(b *onnx.Builder, x string) string {
			x = b.Conv(x, conv(14, 3, 1, 1))
			more := b.Apply("Pad", []string{x, b.Int64s(0, 0, 0, 0, 0, 14, 0, 0)}, onnx.String("mode", "edge"))
			return b.Conv(more, conv(4, 28, 3, 1))
		}, []int64{14, 4}},
		{"appended channels of ones", func(b *onnx.Builder, x string) string {
			x = b.Conv(x, conv(14, 3, 1, 1))
			more := b.Apply("Pad", []string{x, b.Int64s(0, 0, 0, 0, 0, 14, 0, 0), b.Floats([]float32{1})})
			return b.Conv(more, conv(4, 28, 3, 1))
		}, []int64{14, 4}},
		{"removed channels", func(b *onnx.Builder, x string) string {
			x = b.Conv(x, conv(14, 3, 1, 1))
			return b.Conv(b.Apply("Pad", []string{x, b.Int64s(0, 0, 0, 0, 0, -4, 0, 0)}), conv(4, 10, 3, 1))
		}, []int64{14, 4}},
		{"padded rows", func(b *onnx.Builder, x string) string {
			x = b.Conv(x, conv(14, 3, 3, 1))
			return b.Conv(b.Apply("Pad", []string{x, b.Int64s(0, 0, 1, 1, 0, 0, 1, 1)}), conv(4, 14, 3, 1))
		}, []int64{14, 4}},
		{"costs too much", func(b *onnx.Builder, x string) string {
			return b.Conv(b.Conv(x, conv(9, 3, 1, 1)), conv(4, 9, 3, 1))
		}, []int64{9, 4}},
		{"divides already", func(b *onnx.Builder, x string) string {
			return b.Conv(b.Conv(x, conv(16, 3, 1, 1)), conv(4, 16, 3, 1))
		}, []int64{16, 4}},
	}
	backend := catalogtest.Backend(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := onnx.NewBuilder("test")
			y := tt.build(b, b.Input("in", 1, 3, 6, 6))
			last := int(tt.want[len(tt.want)-1])
			b.Output(y, "out", 1, last, 4, 4)
			before, after := bothForms(t, b)
			got := widths(t, after)
			if len(got) != len(tt.want) {
				t.Fatalf("widths %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("widths %v, want %v", got, tt.want)
				}
			}
			network{"test", "in", []string{"out"}, []int{1, 3, 6, 6}, -1, 1}.agree(t, backend, before, after)
		})
	}
}

func TestWeightsWithoutAChannelAreLeftAlone(t *testing.T) {
	b := onnx.NewBuilder("empty")
	b.Output(b.Conv(b.Conv(b.Input("in", 1, 3, 4, 4), conv(15, 3, 1, 1)), conv(4, 15, 1, 1)), "out", 1, 4, 4, 4)
	data, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, weights := range m.Graph.Initializer {
		if len(weights.Dims) == 4 && weights.Dims[0] == 4 {
			weights.Dims, weights.RawData, weights.FloatData = []int64{0, 15, 1, 1}, nil, nil
		}
	}
	if data, err = proto.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if _, err := rewrite.Blocked(data); err != nil {
		t.Error(err)
	}
}

func TestBlockedRefuses(t *testing.T) {
	if _, err := rewrite.Blocked([]byte("no model")); err == nil {
		t.Error("what is no model was rewritten")
	}
	b := onnx.NewBuilder("short")
	b.Output(b.Conv(b.Input("in", 1, 3, 4, 4), conv(13, 3, 1, 1)), "out", 1, 13, 4, 4)
	data, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	m.Graph.Initializer[0] = &onnxpb.TensorProto{
		Name: m.Graph.Initializer[0].Name, DataType: proto.Int32(1), Dims: []int64{13, 3, 1, 1}, RawData: make([]byte, 4),
	}
	if data, err = proto.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if _, err := rewrite.Blocked(data); err == nil {
		t.Error("a constant with one value for 39 was accepted")
	}
}

// FuzzBlocked checks that no bytes make the rewriting fail otherwise than with an error.
func FuzzBlocked(f *testing.F) {
	b := onnx.NewBuilder("seed")
	x := b.ReLU(b.Conv(b.Input("in", 1, 3, 4, 4), conv(13, 3, 1, 1)))
	slopes := b.Floats(values(13), 13, 1, 1)
	x = b.Apply("PRelu", []string{b.Conv(x, conv(13, 13, 1, 13)), slopes})
	b.Output(b.Conv(x, conv(4, 13, 1, 1)), "out", 1, 4, 4, 4)
	seed, err := b.Model()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		after, err := rewrite.Blocked(data)
		if (err == nil) == (after == nil) {
			t.Fatalf("%d bytes and error %v", len(after), err)
		}
	})
}

func BenchmarkNetworks(b *testing.B) {
	backend := catalogtest.Backend(b)
	for _, n := range networks {
		published := catalogtest.Network(b, n.file)
		rewritten, err := rewrite.Blocked(published)
		if err != nil {
			b.Fatal(err)
		}
		for form, model := range map[string][]byte{"published": published, "rewritten": rewritten} {
			s, in := n.load(b, backend, model), n.noise(1)
			b.Run(n.file+"/"+form, func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Run(b.Context(), in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
