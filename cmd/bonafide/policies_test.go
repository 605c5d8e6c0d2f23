package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

func TestPoliciesChangeTheDefault(t *testing.T) {
	var named namedPolicies
	if err := named.UnmarshalText([]byte("default: {max_angle: 35}\ndoor: {min_eye_distance: 60, required: [BLURRED]}\n")); err != nil {
		t.Fatal(err)
	}
	got, err := named.over(bonafide.DefaultRequirements())
	if err != nil {
		t.Fatal(err)
	}
	base := bonafide.DefaultRequirements()
	base.MaxAngle = 35
	door := base
	door.MinEyeDistance, door.Required = 60, []bonafide.ReasonCode{bonafide.Blurred}
	if d := cmp.Diff(map[string]bonafide.Requirements{"default": base, "door": door}, got); d != "" {
		t.Errorf("the policies differ (- wanted, + got):\n%s", d)
	}
}

func TestPoliciesThatAreWrong(t *testing.T) {
	for text, says := range map[string]string{
		"door: {eyes: 60}":         "eyes",
		"door: {max_angle: 500}":   "max_angle",
		"door: {required: [NOSE]}": "NOSE",
		"default: {liveness: 2}":   "liveness",
		"door: {required: }":       "door: required has no value; [] is no check",
		"door: {max_angle: ~}":     "door: max_angle has no value",
	} {
		var named namedPolicies
		if err := named.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := named.over(bonafide.DefaultRequirements()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v", text, err)
		}
	}
	var named namedPolicies
	if err := named.UnmarshalText([]byte("door: 3")); err == nil {
		t.Error("a policy that is a number was taken")
	}
}

func TestServePolicyOfTheFile(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	content := "allow-overrides: false\npolicies:\n  far: {min_eye_distance: 900}\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startServer(t, programtest.Build(t), "--config", config)
	for query, want := range map[string]string{
		"":             `"decision":"live"`,
		"?policy=far":  `"FACE_TOO_SMALL"`,
		"?policy=near": `allowed are`,
		"?faces=all":   `"overrides_not_allowed"`,
	} {
		req, err := http.NewRequest(http.MethodPost, p.url+"/v1/liveness"+query, strings.NewReader(string(testPicture(t, "astronaut.jpg"))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "image/jpeg")
		if status, body := read(t, req); !strings.Contains(body, want) {
			t.Errorf("%s: status %d, it lacks %s: %.300s", query, status, want, body)
		}
	}
}
