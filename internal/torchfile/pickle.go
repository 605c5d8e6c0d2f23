package torchfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Instructions of the pickle machine, protocol 2.
const (
	opMark       = '('
	opStop       = '.'
	opNone       = 'N'
	opTrue       = 0x88
	opFalse      = 0x89
	opInt4       = 'J'
	opInt1       = 'K'
	opInt2       = 'M'
	opLong       = 0x8a
	opText       = 'X'
	opGlobal     = 'c'
	opPersistent = 'Q'
	opReduce     = 'R'
	opBuild      = 'b'
	opEmptyDict  = '}'
	opEmptyList  = ']'
	opEmptyTuple = ')'
	opTuple      = 't'
	opTuple1     = 0x85
	opTuple2     = 0x86
	opTuple3     = 0x87
	opSetItem    = 's'
	opSetItems   = 'u'
	opAppend     = 'a'
	opAppends    = 'e'
	opPut1       = 'q'
	opPut4       = 'r'
	opGet1       = 'h'
	opGet4       = 'j'
	opProtocol   = 0x80
)

const (
	maxText = 4096
	// maxSteps bounds the instructions of a pickle, each of which may leave an object behind: those of the networks that are read have some thousand.
	maxSteps = 1 << 18
)

// What the stack holds beside nil, bool, int64, string and view.
type (
	// long is an integer of more than 64 bits, as its little-endian bytes.
	long string
	// global is a name that a pickle may call or use: "module name".
	global string
	// mark is where a run of items starts.
	mark struct{}
	// tuple cannot be changed; sequence (a list) and dict can, and are shared through the memo.
	tuple    []any
	sequence struct{ items []any }
	dict     struct{ items map[string]any }
)

// machine runs one pickle.
type machine struct {
	*reader
	stack []any
	memo  map[uint32]any
}

// unpickle runs the pickle at the reader's place to its end and returns what it leaves.
func (r *reader) unpickle() (any, error) {
	m := &machine{reader: r, memo: map[uint32]any{}}
	for range maxSteps {
		at := r.at
		op, err := r.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == opStop {
			return m.pop()
		}
		if err := m.step(op[0]); err != nil {
			return nil, fmt.Errorf("instruction %#02x at byte %d: %w", op[0], at, err)
		}
	}
	return nil, fmt.Errorf("a pickle of more than %d instructions", maxSteps)
}

func (m *machine) step(op byte) error {
	switch op {
	case opMark:
		m.push(mark{})
	case opNone:
		m.push(nil)
	case opTrue, opFalse:
		m.push(op == opTrue)
	case opEmptyDict:
		m.push(&dict{map[string]any{}})
	case opEmptyList:
		m.push(&sequence{})
	case opEmptyTuple:
		m.push(tuple{})
	case opProtocol, opInt1, opInt2, opInt4, opLong, opText, opGlobal:
		return m.literal(op)
	case opPut1, opPut4, opGet1, opGet4:
		return m.remember(op)
	case opTuple, opTuple1, opTuple2, opTuple3:
		return m.tuple(op)
	case opSetItem, opSetItems, opAppend, opAppends:
		return m.fill(op)
	case opPersistent:
		return m.persistent()
	case opReduce:
		return m.reduce()
	case opBuild:
		return m.build()
	default:
		return errors.New("not an instruction that a state dict needs")
	}
	return nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) pop() (any, error) {
	if len(m.stack) == 0 {
		return nil, errors.New("the stack is empty")
	}
	top := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return top, nil
}

// popN takes the last n items, in the order in which they were pushed.
func (m *machine) popN(n int) ([]any, error) {
	if n > len(m.stack) {
		return nil, fmt.Errorf("%d items are needed, the stack has %d", n, len(m.stack))
	}
	items := slices.Clone(m.stack[len(m.stack)-n:])
	m.stack = m.stack[:len(m.stack)-n]
	return items, nil
}

// popToMark takes the items pushed since the last mark, and the mark.
func (m *machine) popToMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			items, err := m.popN(len(m.stack) - 1 - i)
			if err == nil {
				m.stack = m.stack[:i]
			}
			return items, err
		}
	}
	return nil, errors.New("no mark on the stack")
}

// number reads an unsigned little-endian number of n bytes, at most 4.
func (m *machine) number(n int) (uint32, error) {
	raw, err := m.take(n)
	if err != nil {
		return 0, err
	}
	var wide [4]byte
	copy(wide[:], raw)
	return binary.LittleEndian.Uint32(wide[:]), nil
}

// literal pushes a value that stands in the file.
func (m *machine) literal(op byte) error {
	width := map[byte]int{opProtocol: 1, opInt1: 1, opInt2: 2, opInt4: 4, opLong: 1, opText: 4}[op]
	n, err := m.number(width)
	if err != nil {
		return err
	}
	switch op {
	case opProtocol:
		if n != 2 {
			return fmt.Errorf("pickle protocol %d, only 2 is read", n)
		}
		return nil
	case opInt4:
		m.push(int64(int32(n)))
		return nil
	case opLong:
		raw, err := m.take(int(n))
		if err != nil {
			return err
		}
		m.push(long(raw))
		return nil
	case opText:
		if n > maxText {
			return fmt.Errorf("text of %d bytes, at most %d are allowed", n, maxText)
		}
		raw, err := m.take(int(n))
		if err != nil {
			return err
		}
		m.push(string(raw))
		return nil
	case opGlobal:
		return m.global()
	default:
		m.push(int64(n))
		return nil
	}
}

// global reads two lines, a module and a name in it.
func (m *machine) global() error {
	var lines [2]string
	for i := range lines {
		rest := m.data[m.at:]
		end := bytes.IndexByte(rest[:min(len(rest), maxText)], '\n')
		if end < 0 {
			return errors.New("a name without an end")
		}
		lines[i] = string(rest[:end])
		m.at += end + 1
	}
	g := global(lines[0] + " " + lines[1])
	switch g {
	case orderedDict, rebuildTensor, global(floatStorage), global(longStorage):
		m.push(g)
		return nil
	default:
		return fmt.Errorf("the file asks for %q, which is not allowed", g)
	}
}

// remember puts the top of the stack into the memo or gets a value back.
func (m *machine) remember(op byte) error {
	width := 1
	if op == opPut4 || op == opGet4 {
		width = 4
	}
	index, err := m.number(width)
	if err != nil {
		return err
	}
	if op == opGet1 || op == opGet4 {
		v, ok := m.memo[index]
		if !ok {
			return fmt.Errorf("nothing is kept under %d", index)
		}
		m.push(v)
		return nil
	}
	if len(m.stack) == 0 {
		return errors.New("the stack is empty")
	}
	m.memo[index] = m.stack[len(m.stack)-1]
	return nil
}

func (m *machine) tuple(op byte) error {
	var items []any
	var err error
	if op == opTuple {
		items, err = m.popToMark()
	} else {
		items, err = m.popN(int(op-opTuple1) + 1)
	}
	if err != nil {
		return err
	}
	m.push(tuple(items))
	return nil
}

// fill puts items into the dict or list below them.
func (m *machine) fill(op byte) error {
	var items []any
	var err error
	switch op {
	case opSetItem:
		items, err = m.popN(2)
	case opAppend:
		items, err = m.popN(1)
	default:
		items, err = m.popToMark()
	}
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return errors.New("the stack is empty")
	}
	switch target := m.stack[len(m.stack)-1].(type) {
	case *sequence:
		if op == opAppend || op == opAppends {
			target.items = append(target.items, items...)
			return nil
		}
	case *dict:
		if op == opSetItem || op == opSetItems {
			return target.set(items)
		}
	}
	return fmt.Errorf("a %T cannot be filled so", m.stack[len(m.stack)-1])
}

func (d *dict) set(items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		key, ok := items[i].(string)
		if !ok {
			return fmt.Errorf("a key is a %T, not text", items[i])
		}
		if _, twice := d.items[key]; twice {
			return fmt.Errorf("key %q comes twice", key)
		}
		d.items[key] = items[i+1]
	}
	return nil
}
