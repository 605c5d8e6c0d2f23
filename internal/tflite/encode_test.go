package tflite

import flatbuffers "github.com/google/flatbuffers/go"

// encode writes a model as a file, for tests of Read. Every operator gets a code of its own.
func encode(m *Model) []byte {
	b := flatbuffers.NewBuilder(1024)
	var codes, tensors, operators []flatbuffers.UOffsetT
	buffers := []flatbuffers.UOffsetT{encodeBuffer(b, nil)}
	for i, t := range m.Tensors {
		buffers = append(buffers, encodeBuffer(b, t.Data))
		tensors = append(tensors, encodeTensor(b, t, i+1))
	}
	for i, op := range m.Operators {
		b.StartObject(4)
		b.PrependInt8Slot(codeDeprecated, int8(op.Code), 0)
		b.PrependInt32Slot(codeBuiltin, int32(op.Code), 0)
		codes = append(codes, b.EndObject())
		operators = append(operators, encodeOperator(b, op, i))
	}
	graph := encodeGraph(b, m, tensors, operators)
	codeVector, graphVector := offsets(b, codes), offsets(b, []flatbuffers.UOffsetT{graph})
	bufferVector := offsets(b, buffers)
	b.StartObject(5)
	b.PrependUint32Slot(modelVersion, schemaVersion, 0)
	b.PrependUOffsetTSlot(modelOperatorCodes, codeVector, 0)
	b.PrependUOffsetTSlot(modelSubgraphs, graphVector, 0)
	b.PrependUOffsetTSlot(modelBuffers, bufferVector, 0)
	b.FinishWithFileIdentifier(b.EndObject(), []byte("TFL3"))
	return b.FinishedBytes()
}

func encodeGraph(b *flatbuffers.Builder, m *Model, tensors, operators []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	tensorVector, operatorVector := offsets(b, tensors), offsets(b, operators)
	inputs, outputs := int32s(b, m.Inputs), int32s(b, m.Outputs)
	b.StartObject(4)
	b.PrependUOffsetTSlot(graphTensors, tensorVector, 0)
	b.PrependUOffsetTSlot(graphInputs, inputs, 0)
	b.PrependUOffsetTSlot(graphOutputs, outputs, 0)
	b.PrependUOffsetTSlot(graphOperators, operatorVector, 0)
	return b.EndObject()
}

func encodeBuffer(b *flatbuffers.Builder, data []byte) flatbuffers.UOffsetT {
	vector := b.CreateByteVector(data)
	b.StartObject(1)
	b.PrependUOffsetTSlot(bufferData, vector, 0)
	return b.EndObject()
}

func encodeTensor(b *flatbuffers.Builder, t Tensor, buffer int) flatbuffers.UOffsetT {
	name, shape := b.CreateString(t.Name), int32s(b, t.Shape)
	b.StartObject(4)
	b.PrependUOffsetTSlot(tensorShape, shape, 0)
	b.PrependInt8Slot(tensorType, int8(t.Type), 0)
	b.PrependUint32Slot(tensorBuffer, uint32(buffer), 0)
	b.PrependUOffsetTSlot(tensorName, name, 0)
	return b.EndObject()
}

func encodeOperator(b *flatbuffers.Builder, op Operator, code int) flatbuffers.UOffsetT {
	inputs, outputs := int32s(b, op.Inputs), int32s(b, op.Outputs)
	options := encodeOptions(b, op.Code, op.Options)
	b.StartObject(5)
	b.PrependUint32Slot(operatorCode, uint32(code), 0)
	b.PrependUOffsetTSlot(operatorInputs, inputs, 0)
	b.PrependUOffsetTSlot(operatorOutputs, outputs, 0)
	b.PrependUOffsetTSlot(operatorBuiltinOptions, options, 0)
	return b.EndObject()
}

func encodeOptions(b *flatbuffers.Builder, code Opcode, o Options) flatbuffers.UOffsetT {
	b.StartObject(7)
	switch code {
	case Conv2D, DepthwiseConv2D, MaxPool2D:
		b.PrependInt8Slot(convPadding, int8(o.Padding), 0)
		b.PrependInt32Slot(convStrideW, int32(o.StrideW), 0)
		b.PrependInt32Slot(convStrideH, int32(o.StrideH), 0)
	}
	switch code {
	case Conv2D:
		b.PrependInt8Slot(convActivation, int8(o.Activation), 0)
		b.PrependInt32Slot(convDilationW, int32(o.DilationW), 1)
		b.PrependInt32Slot(convDilationH, int32(o.DilationH), 1)
	case DepthwiseConv2D:
		b.PrependInt32Slot(depthwiseMultiplier, int32(o.DepthMultiplier), 0)
		b.PrependInt8Slot(depthwiseActivation, int8(o.Activation), 0)
		b.PrependInt32Slot(depthwiseDilationW, int32(o.DilationW), 1)
		b.PrependInt32Slot(depthwiseDilationH, int32(o.DilationH), 1)
	case MaxPool2D:
		b.PrependInt32Slot(poolFilterW, int32(o.FilterW), 0)
		b.PrependInt32Slot(poolFilterH, int32(o.FilterH), 0)
		b.PrependInt8Slot(poolActivation, int8(o.Activation), 0)
	case Concatenation:
		b.PrependInt32Slot(concatAxis, int32(o.Axis), 0)
		b.PrependInt8Slot(concatActivation, int8(o.Activation), 0)
	case Add:
		b.PrependInt8Slot(addActivation, int8(o.Activation), 0)
	case ResizeBilinear:
		b.PrependBoolSlot(resizeAlignCorners, o.AlignCorners, false)
		b.PrependBoolSlot(resizeHalfPixel, o.HalfPixel, false)
	}
	return b.EndObject()
}

func int32s(b *flatbuffers.Builder, values []int) flatbuffers.UOffsetT {
	b.StartVector(4, len(values), 4)
	for i := len(values) - 1; i >= 0; i-- {
		b.PrependInt32(int32(values[i]))
	}
	return b.EndVector(len(values))
}

func offsets(b *flatbuffers.Builder, values []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(values), 4)
	for i := len(values) - 1; i >= 0; i-- {
		b.PrependUOffsetT(values[i])
	}
	return b.EndVector(len(values))
}
