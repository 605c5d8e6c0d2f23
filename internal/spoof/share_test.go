package spoof_test

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/spoof"
)

func TestSharesOfANetworksCropsSumToOne(t *testing.T) {
	for network, crops := range map[string][]string{"liveness": {"1.5", "2.7", "4.0"}, "fr_liveness": {"1.5", "2.7"}, "MiniFASNetV2": {"2.7"}} {
		var sum float64
		for _, c := range crops {
			sum += spoof.Share(network, c, len(crops))
		}
		if !(math.Abs(sum-1) <= 1e-9) {
			t.Errorf("the shares of %s sum to %v", network, sum)
		}
	}
}
