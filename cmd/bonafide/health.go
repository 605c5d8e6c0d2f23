package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// healthCmd asks the server that the same settings would start.
type healthCmd struct {
	Listen  string        `help:"The server's --listen." env:"BONAFIDE_LISTEN" placeholder:"ADDR"`
	Port    uint16        `help:"The server's --port." env:"PORT" default:"8888"`
	TLSCert string        `name:"tls-cert" help:"The server's --tls-cert; with one it is asked over TLS." env:"BONAFIDE_TLS_CERT" placeholder:"FILE"`
	Ready   bool          `help:"Ask whether requests should be sent to it (/readyz), not only whether it lives (/healthz)."`
	Timeout time.Duration `help:"Longest wait for the answer." default:"3s"`
}

// Help teaches what the flags don't say.
func (healthCmd) Help() string {
	return `Reads the server's own settings to find its address. Exit code 0: it says yes; 2: it says no, or nobody answers.`
}

// Run asks and prints the answer.
func (c healthCmd) Run(s *streams) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	url, err := c.url()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// It asks this machine alone, whose certificate bears some other name.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer resp.Body.Close()
	const most = 64 << 10
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	fmt.Fprintf(s.out, "%s\n", answer)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}

// url is what is asked. A server that listens on every address is asked on loopback.
func (c healthCmd) url() (string, error) {
	host, port, err := net.SplitHostPort(listenFlags{Listen: c.Listen, Port: c.Port}.address())
	if err != nil {
		return "", fmt.Errorf("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, path := "http", "/healthz"
	if c.TLSCert != "" {
		scheme = "https"
	}
	if c.Ready {
		path = "/readyz"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + path, nil
}
