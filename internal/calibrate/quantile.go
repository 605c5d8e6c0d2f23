package calibrate

import "math"

// operatingLogit is the live logit that the share target of the bona fide weight does not exceed: the quantile of the smoothed
// distribution, in which every observation is a normal curve. Without the smoothing the quantile of a few clips would jump from frame to
// frame.
func operatingLogit(all []Observation, weights []float64, target float64) float64 {
	widths := bandwidths(all)
	low, high := math.Inf(1), math.Inf(-1)
	for i, ob := range all {
		if !ob.Attack {
			low, high = min(low, ob.Logit-9*widths[i]), max(high, ob.Logit+9*widths[i])
		}
	}
	for range 60 {
		middle := (low + high) / 2
		if missed(all, weights, widths, middle) < target {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// missed is the share of the smoothed bona fide weight that lies below a logit.
func missed(all []Observation, weights, widths []float64, at float64) float64 {
	var below, whole float64
	for i, ob := range all {
		if ob.Attack {
			continue
		}
		whole += weights[i]
		switch {
		case widths[i] > 0:
			below += weights[i] * math.Erfc((ob.Logit-at)/(widths[i]*math.Sqrt2)) / 2
		case ob.Logit <= at:
			below += weights[i]
		}
	}
	return below / whole
}

// bandwidths are the deviations of the normal curves: the source's own, by the cube root of its number of pictures, the rate that suits
// the estimate of a distribution function (Azzalini, 1981). It goes to 0 as pictures become many.
func bandwidths(all []Observation) []float64 {
	type moments struct{ n, sum, squares float64 }
	of := map[string]*moments{}
	for _, ob := range all {
		if ob.Attack {
			continue
		}
		m := of[ob.Source]
		if m == nil {
			m = &moments{}
			of[ob.Source] = m
		}
		m.n++
		m.sum += ob.Logit
		m.squares += ob.Logit * ob.Logit
	}
	widths := make([]float64, len(all))
	for i, ob := range all {
		if m := of[ob.Source]; !ob.Attack {
			mean := m.sum / m.n
			widths[i] = math.Sqrt(max(0, m.squares/m.n-mean*mean)) / math.Cbrt(m.n)
		}
	}
	return widths
}
