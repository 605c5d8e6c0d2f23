package tflite

import (
	"errors"
	"fmt"
	"runtime"

	flatbuffers "github.com/google/flatbuffers/go"
)

// What a file may hold at most; MediaPipe's face networks stay below a tenth of each.
const (
	maxFile      = 64 << 20
	maxItems     = 10_000  // operators, tensors, buffers: each
	maxRank      = 5       // dimensions of a tensor
	maxElements  = 1 << 26 // of one tensor
	maxLinks     = 64      // inputs or outputs of one operator
	maxNameBytes = 1024
)

// schemaVersion is the only version of the schema there is by now.
const schemaVersion uint32 = 3

// Field numbers of the tables read, in the order of schema.fbs.
const (
	modelVersion, modelOperatorCodes, modelSubgraphs, modelBuffers        = 0, 1, 2, 4
	codeDeprecated, codeCustom, codeBuiltin                               = 0, 1, 3
	graphTensors, graphInputs, graphOutputs, graphOperators               = 0, 1, 2, 3
	tensorShape, tensorType, tensorBuffer, tensorName, tensorSparsity     = 0, 1, 2, 3, 6
	operatorCode, operatorInputs, operatorOutputs, operatorBuiltinOptions = 0, 1, 2, 4
	bufferData                                                            = 0
	convPadding, convStrideW, convStrideH, convActivation                 = 0, 1, 2, 3
	convDilationW, convDilationH                                          = 4, 5
	depthwiseMultiplier, depthwiseActivation                              = 3, 4
	depthwiseDilationW, depthwiseDilationH                                = 5, 6
	poolFilterW, poolFilterH, poolActivation                              = 3, 4, 5
	concatAxis, concatActivation, addActivation                           = 0, 1, 0
	resizeAlignCorners, resizeHalfPixel                                   = 2, 3
)

// Read parses a model. The error names what was found where something else is needed.
func Read(data []byte) (m *Model, err error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("tflite: file of %d bytes, at most %d are allowed", len(data), maxFile)
	}
	if len(data) < 8 || !flatbuffers.BufferHasIdentifier(data, "TFL3") {
		return nil, errors.New(`tflite: no TensorFlow Lite model: the identifier "TFL3" is missing`)
	}
	// The flatbuffers library has no verifier for Go: an offset that leads outside of the file ends in a slice index
	// out of range, which is this file's fault and not the program's.
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(runtime.Error)
			if !ok {
				panic(r)
			}
			m, err = nil, fmt.Errorf("tflite: broken file: %w", fault)
		}
	}()
	m, err = readModel(rootTable(data))
	if err != nil {
		return nil, fmt.Errorf("tflite: %w", err)
	}
	return m, nil
}

func readModel(root table) (*Model, error) {
	if v := root.uint32(modelVersion); v != schemaVersion {
		return nil, fmt.Errorf("schema version %d, only %d is read", v, schemaVersion)
	}
	codes, err := readOpcodes(root)
	if err != nil {
		return nil, err
	}
	buffers, err := root.tables(modelBuffers)
	if err != nil {
		return nil, fmt.Errorf("buffers: %w", err)
	}
	graphs, err := root.tables(modelSubgraphs)
	if err != nil {
		return nil, fmt.Errorf("subgraphs: %w", err)
	}
	if len(graphs) == 0 {
		return nil, errors.New("no subgraph")
	}
	return readGraph(graphs[0], codes, buffers)
}

func readOpcodes(root table) ([]Opcode, error) {
	tables, err := root.tables(modelOperatorCodes)
	if err != nil {
		return nil, fmt.Errorf("operator codes: %w", err)
	}
	codes := make([]Opcode, len(tables))
	for i, t := range tables {
		custom, err := t.text(codeCustom)
		if err != nil {
			return nil, fmt.Errorf("operator code %d: %w", i, err)
		}
		if custom != "" {
			return nil, fmt.Errorf("custom operator %q is not supported", custom)
		}
		// Codes up to 127 stand in the older byte field, greater ones in the newer.
		codes[i] = Opcode(max(int32(t.int8(codeDeprecated)), t.int32(codeBuiltin, 0)))
		if _, known := opcodeNames[codes[i]]; !known {
			return nil, fmt.Errorf("%v is not supported", codes[i])
		}
	}
	return codes, nil
}

func readGraph(g table, codes []Opcode, buffers []table) (*Model, error) {
	m := &Model{}
	tensors, err := g.tables(graphTensors)
	if err != nil {
		return nil, fmt.Errorf("tensors: %w", err)
	}
	for i, t := range tensors {
		tensor, err := readTensor(t, buffers)
		if err != nil {
			return nil, fmt.Errorf("tensor %d: %w", i, err)
		}
		m.Tensors = append(m.Tensors, tensor)
	}
	operators, err := g.tables(graphOperators)
	if err != nil {
		return nil, fmt.Errorf("operators: %w", err)
	}
	for i, t := range operators {
		op, err := readOperator(t, codes, len(tensors))
		if err != nil {
			return nil, fmt.Errorf("operator %d: %w", i, err)
		}
		m.Operators = append(m.Operators, op)
	}
	if m.Inputs, err = readLinks(g, graphInputs, 0, len(tensors)); err != nil {
		return nil, fmt.Errorf("graph inputs: %w", err)
	}
	if m.Outputs, err = readLinks(g, graphOutputs, 0, len(tensors)); err != nil {
		return nil, fmt.Errorf("graph outputs: %w", err)
	}
	return m, nil
}

func readTensor(t table, buffers []table) (Tensor, error) {
	name, err := t.text(tensorName)
	if err != nil {
		return Tensor{}, fmt.Errorf("name: %w", err)
	}
	out := Tensor{Name: name, Type: ElementType(t.int8(tensorType))}
	size := out.Type.size()
	if size == 0 {
		return Tensor{}, fmt.Errorf("%q has element type %d; float32, float16 and int32 are supported", name, out.Type)
	}
	if t.has(tensorSparsity) {
		return Tensor{}, fmt.Errorf("%q is sparse; only dense tensors are supported", name)
	}
	if out.Shape, err = readShape(t); err != nil {
		return Tensor{}, fmt.Errorf("%q: %w", name, err)
	}
	index := t.uint32(tensorBuffer)
	if int64(index) >= int64(len(buffers)) {
		return Tensor{}, fmt.Errorf("%q lies in buffer %d of %d", name, index, len(buffers))
	}
	out.Data = buffers[index].bytes(bufferData)
	if want := elements(out.Shape) * size; out.Data != nil && len(out.Data) != want {
		return Tensor{}, fmt.Errorf("%q of shape %v has %d bytes, not %d", name, out.Shape, len(out.Data), want)
	}
	return out, nil
}

func readShape(t table) ([]int, error) {
	values, err := t.ints(tensorShape, maxRank)
	if err != nil {
		return nil, fmt.Errorf("shape: %w", err)
	}
	n := 1
	for _, v := range values {
		if v < 1 || v > maxElements/n {
			return nil, fmt.Errorf("shape %v: each side must be at least 1, their product at most %d", values, maxElements)
		}
		n *= v
	}
	return values, nil
}

func elements(shape []int) int {
	n := 1
	for _, v := range shape {
		n *= v
	}
	return n
}

func readOperator(t table, codes []Opcode, tensors int) (Operator, error) {
	index := t.uint32(operatorCode)
	if int64(index) >= int64(len(codes)) {
		return Operator{}, fmt.Errorf("operator code %d of %d", index, len(codes))
	}
	op := Operator{Code: codes[index]}
	var err error
	if op.Inputs, err = readLinks(t, operatorInputs, -1, tensors); err != nil {
		return Operator{}, fmt.Errorf("%v inputs: %w", op.Code, err)
	}
	if op.Outputs, err = readLinks(t, operatorOutputs, 0, tensors); err != nil {
		return Operator{}, fmt.Errorf("%v outputs: %w", op.Code, err)
	}
	if options, ok := t.table(operatorBuiltinOptions); ok {
		op.Options = readOptions(op.Code, options)
	}
	return op, nil
}

func readLinks(t table, field, least, tensors int) ([]int, error) {
	links, err := t.ints(field, maxLinks)
	if err != nil {
		return nil, err
	}
	for _, i := range links {
		if i < least || i >= tensors {
			return nil, fmt.Errorf("tensor %d of %d", i, tensors)
		}
	}
	return links, nil
}

func readOptions(code Opcode, t table) Options {
	switch code {
	case Conv2D, DepthwiseConv2D, MaxPool2D:
		return readWindow(code, t)
	case Concatenation:
		return Options{Axis: int(t.int32(concatAxis, 0)), Activation: Activation(t.int8(concatActivation))}
	case Add:
		return Options{Activation: Activation(t.int8(addActivation))}
	case ResizeBilinear:
		return Options{AlignCorners: t.int8(resizeAlignCorners) != 0, HalfPixel: t.int8(resizeHalfPixel) != 0}
	default:
		return Options{}
	}
}

// readWindow reads the options of the operators that slide a window; their first three fields are the same.
func readWindow(code Opcode, t table) Options {
	o := Options{
		Padding: Padding(t.int8(convPadding)),
		StrideW: int(t.int32(convStrideW, 0)),
		StrideH: int(t.int32(convStrideH, 0)),
	}
	switch code {
	case Conv2D:
		o.Activation = Activation(t.int8(convActivation))
		o.DilationW, o.DilationH = int(t.int32(convDilationW, 1)), int(t.int32(convDilationH, 1))
	case DepthwiseConv2D:
		o.DepthMultiplier = int(t.int32(depthwiseMultiplier, 0))
		o.Activation = Activation(t.int8(depthwiseActivation))
		o.DilationW, o.DilationH = int(t.int32(depthwiseDilationW, 1)), int(t.int32(depthwiseDilationH, 1))
	case MaxPool2D:
		o.FilterW, o.FilterH = int(t.int32(poolFilterW, 0)), int(t.int32(poolFilterH, 0))
		o.Activation = Activation(t.int8(poolActivation))
	}
	return o
}
