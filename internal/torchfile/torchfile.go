// Package torchfile reads the weights of a PyTorch state dict without executing anything.
//
// It reads the stream format that torch.save wrote before version 1.6: four pickles one after another (a magic number,
// the format's version 1001, facts on the system that wrote it, the state dict), a pickled list of the storages' keys,
// and then, in that order, each storage as a count of elements (int64) and the elements, all little-endian.
//
// A pickle is a program for a small stack machine which in Python may call anything. Here the machine knows only the
// instructions that a state dict needs, and of the names that a pickle may call only collections.OrderedDict and
// torch._utils._rebuild_tensor_v2; whatever else a file holds is refused by name.
package torchfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Tensor is a float32 tensor in row-major order; len(Data) is the product of Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}

const (
	maxFile     = 256 << 20
	maxElements = 1 << 26 // of all tensors together

	formatVersion = 1001
)

// magic is the number that opens a file, 0x1950a86a20f9469cfc6c, as pickled.
const magic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"

// Read returns the float32 tensors of a state dict by name. Tensors of 64-bit integers (the counters of batch
// normalisation) are checked and left out.
func Read(data []byte) (map[string]Tensor, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("torchfile: %d bytes, at most %d are allowed", len(data), maxFile)
	}
	r := &reader{data: data, storages: map[string]*storage{}}
	named, err := r.stateDict()
	if err != nil {
		return nil, fmt.Errorf("torchfile: %w", err)
	}
	if err := r.fillStorages(); err != nil {
		return nil, fmt.Errorf("torchfile: %w", err)
	}
	out, total := map[string]Tensor{}, 0
	for name, v := range named {
		if total += v.elements(); total > maxElements {
			return nil, fmt.Errorf("torchfile: more than %d values", maxElements)
		}
		values, err := v.values()
		if err != nil {
			return nil, fmt.Errorf("torchfile: tensor %q: %w", name, err)
		}
		if v.storage.kind == floatStorage {
			out[name] = Tensor{Shape: v.shape, Data: values}
		}
	}
	return out, nil
}

// reader goes through the file once.
type reader struct {
	data []byte
	at   int
	// storages are those that the state dict's tensors look at, by key.
	storages map[string]*storage
}

func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.data)-r.at {
		return nil, fmt.Errorf("the file ends at byte %d, %d more are needed", len(r.data), n-(len(r.data)-r.at))
	}
	r.at += n
	return r.data[r.at-n : r.at], nil
}

// stateDict reads the first four pickles.
func (r *reader) stateDict() (map[string]view, error) {
	const zip = "PK\x03\x04"
	if len(r.data) >= len(zip) && string(r.data[:len(zip)]) == zip {
		return nil, errors.New("the zip format of PyTorch 1.6 and later is not supported, only the older stream format")
	}
	first, err := r.unpickle()
	if err != nil {
		return nil, fmt.Errorf("magic number: %w", err)
	}
	if n, ok := first.(long); !ok || n != magic {
		return nil, errors.New("no PyTorch file: the magic number is missing")
	}
	version, err := r.unpickle()
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	if version != int64(formatVersion) {
		return nil, fmt.Errorf("only format version %d is supported", formatVersion)
	}
	system, err := r.unpickle()
	if err != nil {
		return nil, fmt.Errorf("system facts: %w", err)
	}
	if d, ok := system.(*dict); !ok || d.items["little_endian"] != true {
		return nil, errors.New("the file is not little-endian")
	}
	state, err := r.unpickle()
	if err != nil {
		return nil, fmt.Errorf("state dict: %w", err)
	}
	return tensors(state)
}

func tensors(state any) (map[string]view, error) {
	d, ok := state.(*dict)
	if !ok {
		return nil, errors.New("the file holds no state dict")
	}
	named := map[string]view{}
	for key, value := range d.items {
		v, ok := value.(view)
		if !ok {
			return nil, fmt.Errorf("entry %q of the state dict is no tensor", key)
		}
		named[key] = v
	}
	return named, nil
}

// fillStorages reads the list of keys and the elements of each storage.
func (r *reader) fillStorages() error {
	list, err := r.unpickle()
	if err != nil {
		return fmt.Errorf("storage keys: %w", err)
	}
	keys, ok := list.(*sequence)
	if !ok {
		return errors.New("the list of storage keys is missing")
	}
	for _, k := range keys.items {
		key, ok := k.(string)
		if !ok {
			return errors.New("a storage key is no text")
		}
		s, ok := r.storages[key]
		if !ok || s.raw != nil {
			return fmt.Errorf("storage %q belongs to no tensor or comes twice", key)
		}
		header, err := r.take(8)
		if err != nil {
			return fmt.Errorf("storage %q: %w", key, err)
		}
		if n := binary.LittleEndian.Uint64(header); n != uint64(s.count) {
			return fmt.Errorf("storage %q has %d elements, its tensors say %d", key, n, s.count)
		}
		if s.raw, err = r.take(s.count * s.kind.size()); err != nil {
			return fmt.Errorf("storage %q: %w", key, err)
		}
	}
	return nil
}

// storageKind is the class of a storage, by the name that the pickle gives.
type storageKind string

const (
	floatStorage storageKind = "torch FloatStorage"
	longStorage  storageKind = "torch LongStorage"
)

func (k storageKind) size() int {
	if k == longStorage {
		return 8
	}
	return 4
}

// storage is a run of elements that tensors look at; raw is nil until it is read.
type storage struct {
	kind  storageKind
	key   string
	count int
	raw   []byte
}

// view is a tensor: a place in a storage and a shape, row-major without gaps.
type view struct {
	storage *storage
	offset  int
	shape   []int
}

func (v view) elements() int {
	n := 1
	for _, side := range v.shape {
		n *= side
	}
	return n
}

// values are the elements, nil for a storage of integers.
func (v view) values() ([]float32, error) {
	s, n := v.storage, v.elements()
	if s.raw == nil {
		return nil, fmt.Errorf("its storage %q is missing", s.key)
	}
	if v.offset > s.count-n {
		return nil, fmt.Errorf("elements %d to %d of a storage of %d", v.offset, v.offset+n, s.count)
	}
	if s.kind != floatStorage {
		return nil, nil
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(s.raw[4*(v.offset+i):]))
	}
	return out, nil
}
