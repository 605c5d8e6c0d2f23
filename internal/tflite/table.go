package tflite

import (
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// table reads the fields of a flatbuffers table by number.
type table struct{ flatbuffers.Table }

func rootTable(data []byte) table {
	return table{flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}}
}

// offset is the place of a field relative to the table, 0 when the table lacks it.
func (t table) offset(field int) flatbuffers.UOffsetT {
	return flatbuffers.UOffsetT(t.Offset(flatbuffers.VOffsetT(4 + 2*field)))
}

func (t table) has(field int) bool { return t.offset(field) != 0 }

func (t table) int8(field int) int8 {
	if o := t.offset(field); o != 0 {
		return t.GetInt8(t.Pos + o)
	}
	return 0
}

func (t table) int32(field int, absent int32) int32 {
	if o := t.offset(field); o != 0 {
		return t.GetInt32(t.Pos + o)
	}
	return absent
}

func (t table) uint32(field int) uint32 {
	if o := t.offset(field); o != 0 {
		return t.GetUint32(t.Pos + o)
	}
	return 0
}

func (t table) table(field int) (table, bool) {
	o := t.offset(field)
	if o == 0 {
		return table{}, false
	}
	return table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + o)}}, true
}

// bytes is a vector of bytes, nil when it is absent or empty. It shares the file's memory.
func (t table) bytes(field int) []byte {
	o := t.offset(field)
	if o == 0 {
		return nil
	}
	if b := t.ByteVector(t.Pos + o); len(b) > 0 {
		return b
	}
	return nil
}

func (t table) text(field int) (string, error) {
	b := t.bytes(field)
	if len(b) > maxNameBytes {
		return "", fmt.Errorf("text of %d bytes, at most %d are allowed", len(b), maxNameBytes)
	}
	return string(b), nil
}

// vector is the start and length of a vector of at most limit elements.
func (t table) vector(field, limit int) (start flatbuffers.UOffsetT, n int, err error) {
	o := t.offset(field)
	if o == 0 {
		return 0, 0, nil
	}
	if n = t.VectorLen(o); n < 0 || n > limit {
		return 0, 0, fmt.Errorf("list of %d, at most %d are allowed", n, limit)
	}
	return t.Vector(o), n, nil
}

func (t table) ints(field, limit int) ([]int, error) {
	start, n, err := t.vector(field, limit)
	if err != nil {
		return nil, err
	}
	values := make([]int, n)
	for i := range values {
		values[i] = int(t.GetInt32(start + flatbuffers.UOffsetT(4*i)))
	}
	return values, nil
}

func (t table) tables(field int) ([]table, error) {
	start, n, err := t.vector(field, maxItems)
	if err != nil {
		return nil, err
	}
	out := make([]table, n)
	for i := range out {
		out[i] = table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*i))}}
	}
	return out, nil
}
