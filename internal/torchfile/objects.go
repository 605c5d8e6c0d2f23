package torchfile

import (
	"errors"
	"fmt"
)

// What a pickle may call.
const (
	orderedDict   global = "collections OrderedDict"
	rebuildTensor global = "torch._utils _rebuild_tensor_v2"
)

const maxRank = 8

// persistent makes a storage of ("storage", class, key, device, count, None).
func (m *machine) persistent() error {
	top, err := m.pop()
	if err != nil {
		return err
	}
	id, ok := top.(tuple)
	if !ok || len(id) != 6 || id[0] != "storage" || id[5] != nil {
		return errors.New("no storage of its own: views on another storage are not supported")
	}
	kind, isKind := id[1].(global)
	key, isKey := id[2].(string)
	count, isCount := id[4].(int64)
	if !isKind || !isKey || !isCount || count < 0 || count > maxElements {
		return errors.New("a storage needs a class, a key and a count")
	}
	if kind != global(floatStorage) && kind != global(longStorage) {
		return fmt.Errorf("%q is no class of storages", kind)
	}
	s, known := m.storages[key]
	if !known {
		s = &storage{kind: storageKind(kind), key: key, count: int(count)}
		m.storages[key] = s
	}
	if s.kind != storageKind(kind) || s.count != int(count) {
		return fmt.Errorf("storage %q is described in two ways", key)
	}
	m.push(s)
	return nil
}

// reduce calls one of the two names that may be called.
func (m *machine) reduce() error {
	call, err := m.popN(2)
	if err != nil {
		return err
	}
	arguments, ok := call[1].(tuple)
	if !ok {
		return errors.New("the arguments are no tuple")
	}
	switch call[0] {
	case orderedDict:
		if len(arguments) != 0 {
			return errors.New("OrderedDict with arguments is not supported")
		}
		m.push(&dict{map[string]any{}})
		return nil
	case rebuildTensor:
		v, err := newView(arguments)
		if err != nil {
			return fmt.Errorf("tensor: %w", err)
		}
		m.push(v)
		return nil
	default:
		return errors.New("only OrderedDict and _rebuild_tensor_v2 may be called")
	}
}

// build sets attributes of an object. A state dict carries its modules' versions so, which nothing here needs.
func (m *machine) build() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	if _, ok := pair[0].(*dict); !ok {
		return fmt.Errorf("a %T has no attributes", pair[0])
	}
	m.push(pair[0])
	return nil
}

// newView reads (storage, offset, size, stride, requires_grad, hooks).
func newView(arguments tuple) (view, error) {
	if len(arguments) != 6 {
		return view{}, fmt.Errorf("%d arguments, want 6", len(arguments))
	}
	s, isStorage := arguments[0].(*storage)
	offset, isOffset := arguments[1].(int64)
	size, isSize := arguments[2].(tuple)
	stride, isStride := arguments[3].(tuple)
	if !isStorage || !isOffset || !isSize || !isStride || offset < 0 || offset > maxElements {
		return view{}, errors.New("a storage, an offset, a size and a stride are needed")
	}
	if len(size) > maxRank || len(stride) != len(size) {
		return view{}, fmt.Errorf("%d sizes and %d strides, at most %d are allowed", len(size), len(stride), maxRank)
	}
	v := view{storage: s, offset: int(offset), shape: make([]int, len(size))}
	step := 1
	for i := len(size) - 1; i >= 0; i-- {
		n, isSize := size[i].(int64)
		by, isStride := stride[i].(int64)
		if !isSize || !isStride || n < 1 || n > int64(maxElements/step) {
			return view{}, fmt.Errorf("each side must be at least 1, their product at most %d", maxElements)
		}
		if n > 1 && by != int64(step) {
			return view{}, errors.New("only row-major tensors without gaps are supported")
		}
		v.shape[i] = int(n)
		step *= int(n)
	}
	return v, nil
}
