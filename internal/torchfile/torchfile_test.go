package torchfile

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"
)

// Pieces of pickles, written by hand from the instructions' definition.
const (
	begin   = "\x80\x02"
	head    = begin + "\x8a\x0a" + magic + "." + begin + "M\xe9\x03."
	system  = begin + "}(X\x0d\x00\x00\x00little_endian\x88u."
	floats  = "ctorch\nFloatStorage\n"
	longs   = "ctorch\nLongStorage\n"
	rebuild = "ctorch._utils\n_rebuild_tensor_v2\n"
	ordered = "ccollections\nOrderedDict\n)R"
)

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// tensor is the pickle of a tensor of shape (2, 3) on storage key of count elements, from offset.
func tensor(class, key string, count, offset byte) string {
	id := "(" + text("storage") + class + text(key) + text("cpu") + "K" + string(rune(count)) + "NtQ"
	return rebuild + "(" + id + "K" + string(rune(offset)) + "K\x02K\x03\x86K\x03K\x01\x86\x89" + ordered + "tR"
}

func storageBytes(values ...float32) string {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(values)))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return string(out)
}

var (
	state = begin + ordered + "(" + text("weight") + tensor(floats, "1", 7, 1) + text("again") + tensor(floats, "1", 7, 0) +
		text("counter") + tensor(longs, "2", 6, 0) + "u}" + text("_metadata") + "Nsb."
	keys   = begin + "](" + text("1") + text("2") + "e."
	counts = "\x06\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 48)
	good   = head + system + state + keys + storageBytes(0, 1, 2, 3, 4, 5, 6) + counts
)

func TestRead(t *testing.T) {
	got, err := Read([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Tensor{
		"weight": {Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
		"again":  {Shape: []int{2, 3}, Data: []float32{0, 1, 2, 3, 4, 5}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	with := func(stateDict string) string { return head + system + begin + stateDict + keys }
	tests := []struct {
		name, data, want string
	}{
		{"empty", "", "the file ends"},
		{"zip", "PK\x03\x04 and more", "zip format"},
		{"another pickle", begin + "K\x01.", "magic number is missing"},
		{"version", begin + "\x8a\x0a" + magic + "." + begin + "K\x01.", "version 1001"},
		{"big-endian", strings.Replace(good, "little_endian\x88", "little_endian\x89", 1), "little-endian"},
		{"call of the system", with("cposix\nsystem\n" + text("true") + "\x85R."), `"posix system", which is not allowed`},
		{"call of eval", with("cbuiltins\neval\n" + text("1") + "\x85R."), `"builtins eval", which is not allowed`},
		{"other instruction", with("\x93."), "not an instruction that a state dict needs"},
		{"call of a storage class", with(floats + ")R."), "may be called"},
		{"OrderedDict with items", with("ccollections\nOrderedDict\n" + text("a") + "\x85R."), "with arguments"},
		{"no dict", with("]."), "holds no state dict"},
		{"no tensor", with("}" + text("a") + "Ns."), `"a" of the state dict is no tensor`},
		{"no end of objects", with(strings.Repeat("}", maxSteps)), "more than 262144 instructions"},
		{"no stack", with("R."), "the stack has 0"},
		{"no mark", with("u."), "no mark"},
		{"memo", with("h\x05."), "nothing is kept under 5"},
		{"number as key", with("}K\x01Ns."), "not text"},
		{"key twice", with("}" + text("a") + "Ns" + text("a") + "Ns."), "comes twice"},
		{"long text", with("X\xff\xff\xff\xff"), "4294967295 bytes"},
		{"storage cut short", good[:len(good)-1], "more are needed"},
		{"storage too short", strings.Replace(good, "\x07\x00\x00\x00\x00\x00\x00\x00", "\x06\x00\x00\x00\x00\x00\x00\x00", 1), "its tensors say 7"},
		{"offset", strings.Replace(good, "NtQK\x01", "NtQK\x02", 1), "elements 2 to 8 of a storage of 7"},
		{"gaps", strings.Replace(good, "\x86K\x03K\x01\x86", "\x86K\x04K\x01\x86", 1), "row-major"},
		{"column-major", strings.Replace(good, "\x86K\x03K\x01\x86", "\x86K\x01K\x02\x86", 1), "row-major"},
		{"no side", strings.Replace(good, "K\x02K\x03\x86", "K\x00K\x03\x86", 1), "at least 1"},
		{"storage missing", strings.Replace(good, keys, begin+"]"+text("1")+"a.", 1), "is missing"},
		{"storage of two sizes", strings.Replace(good, text("cpu")+"K\x07", text("cpu")+"K\x08", 1), `"1" is described in two ways`},
		{"storage of two kinds", strings.Replace(good, floats, longs, 1), `"1" is described in two ways`},
		{"storage without a count", strings.Replace(good, text("cpu")+"K\x07", text("cpu")+"N", 1), "a class, a key and a count"},
		{"storage without a key", strings.Replace(good, floats+text("1"), floats+"N", 1), "a class, a key and a count"},
		{"storage of less than nothing", strings.Replace(good, text("cpu")+"K\x07", text("cpu")+"J\xff\xff\xff\xff", 1), "a class, a key and a count"},
		{"storage unknown", strings.Replace(good, keys, begin+"]"+text("9")+"a.", 1), `"9" belongs to no tensor`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read([]byte(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadIsNotFooledByCycles(t *testing.T) {
	// A dict that holds itself, as a pickle may build it.
	cycle := head + system + begin + "}q\x00" + text("self") + "h\x00s." + keys
	if _, err := Read([]byte(cycle)); err == nil || !strings.Contains(err.Error(), `"self" of the state dict is no tensor`) {
		t.Fatalf("error %v", err)
	}
}

// FuzzRead checks that no bytes make the reader fail otherwise than with an error, and that what it returns is whole.
func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(head + system + state))
	f.Fuzz(func(t *testing.T, data []byte) {
		named, err := Read(bytes.Clone(data))
		if err != nil {
			return
		}
		for name, v := range named {
			n := 1
			for _, side := range v.Shape {
				n *= side
			}
			if n != len(v.Data) {
				t.Errorf("%q: %d values for shape %v", name, len(v.Data), v.Shape)
			}
		}
	})
}
