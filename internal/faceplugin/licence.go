package faceplugin

import "context"

// Status is the outcome of an activation or an initialisation, as the reference numbers them.
type Status int

// The statuses.
const (
	StatusOK             Status = 0  // success
	StatusLicenceError   Status = -1 // the licence is unreadable or its signature wrong
	StatusOtherMachine   Status = -2 // the licence is for another machine
	StatusExpired        Status = -3
	StatusNotActivated   Status = -4
	StatusInitialisation Status = -5 // the networks failed to load
)

// Licence is what the routes ask of the machine's licence. It is used from many goroutines at once.
type Licence interface {
	// MachineCode is what a licence for this machine is issued for.
	MachineCode() string
	// Activate tries a licence. A refused one changes nothing.
	Activate(ctx context.Context, licence string) (activation, initialisation Status)
	// Permit returns nil when pictures may be analysed now, otherwise why not.
	Permit() error
}

// Unlicensed is the Licence of a server that needs none.
type Unlicensed struct {
	Code string // the machine code
}

// MachineCode returns u.Code.
func (u Unlicensed) MachineCode() string { return u.Code }

// Activate succeeds: there is nothing to activate.
func (Unlicensed) Activate(context.Context, string) (activation, initialisation Status) {
	return StatusOK, StatusOK
}

// Permit returns nil.
func (Unlicensed) Permit() error { return nil }
