package ort

import ort "github.com/yalue/onnxruntime_go"

// Output is a bare network's first output, as the last run left it.
func (b *Bare) Output() []float32 { return b.tensors[1].(*ort.Tensor[float32]).GetData() }
