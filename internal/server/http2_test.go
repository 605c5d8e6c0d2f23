package server_test

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"testing"

	"golang.org/x/net/http2"

	"github.com/bonafide-pad/bonafide/internal/server"
)

// A connection of HTTP/2 holds few requests, and few bytes that nobody has read: neither counts against anything else that bounds them.
func TestHTTP2ConnectionsAreBounded(t *testing.T) {
	s := start(t, server.Config{TLS: certified(t)}, nil, route("POST /", readAll))
	insecure := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}} // its own certificate
	connection, err := tls.Dial("tcp", s.address, insecure)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	frames := http2.NewFramer(connection, connection)
	if _, err := connection.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	if err := frames.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	limits, window := map[http2.SettingID]uint32{}, uint32(1<<16-1)
	for seen := 0; seen < 2; {
		frame, err := frames.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if frame.IsAck() {
				continue
			}
			for i := range frame.NumSettings() {
				limits[frame.Setting(i).ID] = frame.Setting(i).Val
			}
			seen++
		case *http2.WindowUpdateFrame:
			window += frame.Increment
			seen++
		}
	}
	if streams := limits[http2.SettingMaxConcurrentStreams]; streams != 32 {
		t.Errorf("%d requests at once, wanted are 32", streams)
	}
	if each := limits[http2.SettingInitialWindowSize]; each != 256<<10 || window != 256<<10 {
		t.Errorf("%d unread bytes of a request and %d of a connection, wanted are 256 KiB of both", each, window)
	}

	transport := &http.Transport{TLSClientConfig: insecure, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Post("https://"+s.address+"/", "image/png", bytes.NewReader(make([]byte, 3<<20)))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Errorf("a large body: status %d over %s", response.StatusCode, response.Proto)
	}
}
