package rewrite_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
)

func TestEveryPReLUOfTheLivenessNetworkIsSplit(t *testing.T) {
	after, err := rewrite.Blocked(catalogtest.Network(t, catalog.MiniFASNet128))
	if err != nil {
		t.Fatal(err)
	}
	for op, want := range map[string]int{"PRelu": 0, "Relu": 36, "Conv": 121} {
		if got := count(t, after, op); got != want {
			t.Errorf("%d nodes %s, want %d", got, op, want)
		}
	}
}

func TestPReLUWithOneSlopeForAllIsLeftAlone(t *testing.T) {
	b := onnx.NewBuilder("test")
	x := b.Conv(b.Input("in", 1, 3, 6, 6), conv(16, 3, 1, 1))
	b.Output(b.Apply("PRelu", []string{x, b.Floats([]float32{0.25}, 1)}), "out", 1, 16, 6, 6)
	before, after := bothForms(t, b)
	if n := count(t, after, "PRelu"); n != 1 {
		t.Errorf("%d nodes PRelu, want 1", n)
	}
	network{"test", "in", []string{"out"}, []int{1, 3, 6, 6}, -1, 1}.agree(t, catalogtest.Backend(t), before, after)
}

func TestChannelsAreScaledBeforeReLUWhereNoScaleIsNegative(t *testing.T) {
	backend := catalogtest.Backend(t)
	for name, tt := range map[string]struct {
		slope float32 // of one channel
		want  int     // ReLUs whose output is scaled
	}{
		"slopes of one at most": {1, 0},
		"a slope over one":      {1.5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := onnx.NewBuilder("test")
			slopes := make([]float32, 16)
			slopes[3] = tt.slope
			x := b.Conv(b.Input("in", 1, 3, 6, 6), conv(16, 3, 1, 1))
			x = b.Apply("PRelu", []string{x, b.Floats(slopes, 16, 1, 1)})
			b.Output(b.Conv(x, conv(4, 16, 3, 1)), "out", 1, 4, 4, 4)
			before, after := bothForms(t, b)
			if got := scaledReLUs(t, after); got != tt.want {
				t.Errorf("%d ReLUs are scaled, want %d", got, tt.want)
			}
			network{"test", "in", []string{"out"}, []int{1, 3, 6, 6}, -1, 1}.agree(t, backend, before, after)
		})
	}
}

func TestWhatAReLUGivesStaysForOthersThatReadIt(t *testing.T) {
	b := onnx.NewBuilder("test")
	x := b.ReLU(b.Conv(b.Input("in", 1, 3, 6, 6), conv(16, 3, 1, 1)))
	scales := make([]float32, 16)
	for i := range scales {
		scales[i] = float32(i)
	}
	y := b.Conv(x, conv(16, 16, 1, 1))
	b.Output(b.Add(y, b.ChannelScale(x, scales)), "out", 1, 16, 6, 6)
	before, after := bothForms(t, b)
	if got := scaledReLUs(t, after); got != 1 {
		t.Errorf("%d ReLUs are scaled, want 1", got)
	}
	network{"test", "in", []string{"out"}, []int{1, 3, 6, 6}, -1, 1}.agree(t, catalogtest.Backend(t), before, after)
}

// scaledReLUs counts the ReLUs that a convolution reads which is as wide as it is: one for each channel.
func scaledReLUs(t *testing.T, model []byte) (n int) {
	t.Helper()
	m, err := onnx.Read(model)
	if err != nil {
		t.Fatal(err)
	}
	relus := map[string]bool{}
	for _, node := range m.GetGraph().GetNode() {
		if node.GetOpType() == "Relu" {
			relus[node.GetOutput()[0]] = true
		}
		if node.GetOpType() == "Conv" && onnx.Attribute(node, "group").GetI() > 1 && relus[node.GetInput()[0]] {
			n++
		}
	}
	return n
}
