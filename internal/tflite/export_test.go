package tflite

// What the tests that run networks need: they stand outside the package, for the packages that open ONNX Runtime for
// tests depend on this one.
var (
	ChannelsFirst = channelsFirst
	EveryOperator = everyOperator
	Encode        = encode
)
