package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// CertificateFiles is TLS with the certificate chain and the key in two PEM files. Both are read again once they have
// changed; a pair that does not fit is logged, and the last good one stays.
func CertificateFiles(certificate, key string, log *slog.Logger) (*tls.Config, error) {
	p := &certificatePair{certificate: certificate, key: key, log: log}
	if err := p.load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current(), nil },
	}, nil
}

// lookAgain is how often the files are looked at, at most.
const lookAgain = time.Second

type certificatePair struct {
	certificate, key string
	log              *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  string    // state of the files that loaded was read from
	looked time.Time // when the files were looked at
	told   string    // what is wrong with the files now, as the log has it; "" for nothing
}

// load reads the pair unless it is in force. One that could not be used is tried every time: files are often written first and made readable after,
// which their state does not show.
func (p *certificatePair) load() error {
	p.looked = time.Now()
	stamp, err := p.state()
	if err != nil {
		return fmt.Errorf("reading the TLS certificate: %w", err)
	}
	if stamp == p.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(p.certificate, p.key)
	if err != nil {
		return fmt.Errorf("reading the TLS certificate from %s and %s: %w", p.certificate, p.key, err)
	}
	p.loaded, p.stamp = &pair, stamp
	return nil
}

// state tells one state of the two files from another.
func (p *certificatePair) state() (string, error) {
	state := ""
	for _, path := range []string{p.certificate, p.key} {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		state += fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), " ")
	}
	return state, nil
}

// current is the pair that is in force, read again if it has changed.
func (p *certificatePair) current() *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.looked) < lookAgain {
		return p.loaded
	}
	before := p.loaded
	err := p.load()
	switch {
	case err == nil:
		p.told = ""
	case err.Error() != p.told:
		p.told = err.Error()
		p.log.Error("the changed TLS certificate cannot be used; the last one stays", "error", err)
	}
	if p.loaded != before {
		p.log.Info("the TLS certificate was changed")
	}
	return p.loaded
}
