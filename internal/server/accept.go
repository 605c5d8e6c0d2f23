package server

import (
	"errors"
	"log/slog"
	"net"
	"time"
)

// tellingListener logs that no connection can be accepted, for want of file descriptors for instance. net/http tries on, and says so only among
// the noise of clients.
type tellingListener struct {
	net.Listener
	log  *slog.Logger
	told time.Time // when the log last had it; only the one goroutine that accepts looks
}

// tellAgain is how often the log has the same failure.
const tellAgain = time.Minute

// Accept is that of net.Listener.
func (l *tellingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil && !errors.Is(err, net.ErrClosed) && time.Since(l.told) >= tellAgain {
		l.told = time.Now()
		l.log.Error("no connection can be accepted; the server tries on", "error", err)
	}
	return connection, err
}
