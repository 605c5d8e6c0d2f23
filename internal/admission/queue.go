package admission

import "slices"

// ticket is one who waits.
type ticket struct {
	line     *line
	admitted chan Leave // gets what ends the work when the turn comes
}

// line holds the tickets of one caller, first come first.
type line struct {
	caller  string
	tickets []*ticket
}

// queue holds the lines of all who wait; they take turns in the order of turns.
type queue struct {
	lines   map[string]*line
	turns   []*line        // each line once, the next first
	working map[string]int // how many pieces of work of a caller run; none is 0
	waiting int
}

func newQueue() queue { return queue{lines: map[string]*line{}, working: map[string]int{}} }

// begin and end count a piece of work of caller that runs.
func (q *queue) begin(caller string) { q.working[caller]++ }

func (q *queue) end(caller string) {
	if q.working[caller]--; q.working[caller] == 0 {
		delete(q.working, caller)
	}
}

// place is where the line of a caller that had none has its turn: before those of callers for whom work runs already, who would otherwise keep
// everybody else waiting by having one more piece of work in the queue all the time. Their lines are passed only while it runs.
func (q *queue) place(caller string) int {
	if q.working[caller] == 0 {
		if i := slices.IndexFunc(q.turns, func(l *line) bool { return q.working[l.caller] > 0 }); i >= 0 {
			return i
		}
	}
	return len(q.turns)
}

// length is how many tickets of caller wait.
func (q *queue) length(caller string) int {
	if l := q.lines[caller]; l != nil {
		return len(l.tickets)
	}
	return 0
}

// ahead is how many have their turn before the next ticket of caller, if nobody else comes.
func (q *queue) ahead(caller string) int {
	own := q.length(caller)
	if own == 0 {
		return q.place(caller)
	}
	n := own
	for _, l := range q.turns {
		if l.caller != caller {
			n += min(len(l.tickets), own+1)
		}
	}
	return n
}

// push puts a new ticket at the end of caller's line.
func (q *queue) push(caller string) *ticket {
	l := q.lines[caller]
	if l == nil {
		l = &line{caller: caller}
		q.lines[caller] = l
		q.turns = slices.Insert(q.turns, q.place(caller), l)
	}
	t := &ticket{line: l, admitted: make(chan Leave, 1)}
	l.tickets = append(l.tickets, t)
	q.waiting++
	return t
}

// pop takes out the ticket whose turn it is, nil when nobody waits.
func (q *queue) pop() *ticket {
	if len(q.turns) == 0 {
		return nil
	}
	l := q.turns[0]
	q.turns = append(q.turns[1:], l)
	t := l.tickets[0]
	q.remove(t)
	return t
}

// remove takes t out and tells whether it was still there.
func (q *queue) remove(t *ticket) bool {
	i := slices.Index(t.line.tickets, t)
	if i < 0 {
		return false
	}
	t.line.tickets = slices.Delete(t.line.tickets, i, i+1)
	q.waiting--
	if len(t.line.tickets) == 0 {
		delete(q.lines, t.line.caller)
		q.turns = slices.DeleteFunc(q.turns, func(l *line) bool { return l == t.line })
	}
	return true
}
