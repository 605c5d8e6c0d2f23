package deploy_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	strict "sigs.k8s.io/yaml"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// manifests are the objects of deploy/kubernetes, read strictly into Kubernetes' own types.
type manifests struct {
	deployment appsv1.Deployment
	service    corev1.Service
	settings   corev1.ConfigMap
	scaler     autoscalingv2.HorizontalPodAutoscaler
	budget     policyv1.PodDisruptionBudget
}

func readManifests(t *testing.T) manifests {
	t.Helper()
	var m manifests
	wanted := map[string]any{
		"apps/v1 Deployment": &m.deployment, "v1 Service": &m.service, "v1 ConfigMap": &m.settings,
		"autoscaling/v2 HorizontalPodAutoscaler": &m.scaler, "policy/v1 PodDisruptionBudget": &m.budget,
	}
	paths, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(raw, []byte("\n---\n")) {
			var kind struct {
				APIVersion string `yaml:"apiVersion"`
				Kind       string
			}
			if err := yaml.Unmarshal(document, &kind); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			name := kind.APIVersion + " " + kind.Kind
			into, ok := wanted[name]
			if !ok {
				t.Fatalf("%s: %s is not expected, or is there twice", path, name)
			}
			delete(wanted, name)
			if err := strict.UnmarshalStrict(document, into); err != nil {
				t.Errorf("%s: %s: %v", path, name, err)
			}
		}
	}
	if len(wanted) > 0 {
		t.Errorf("missing are %v", slices.Collect(maps.Keys(wanted)))
	}
	return m
}

func TestKubernetes(t *testing.T) {
	m := readManifests(t)
	pod := m.deployment.Spec.Template
	if len(pod.Spec.Containers) != 1 {
		t.Fatalf("the pod has %d containers", len(pod.Spec.Containers))
	}
	c := pod.Spec.Containers[0]
	t.Run("the parts fit each other", func(t *testing.T) { testReferences(t, m) })
	t.Run("the pod is confined", func(t *testing.T) { testConfined(t, pod.Spec, c) })
	env := dockerfileEnv(t)
	for _, v := range c.Env {
		env[v.Name] = v.Value
	}
	binary := programtest.Build(t)
	s := checkedSettings(t, binary, env, m.settings.Data["config.yaml"])
	t.Run("the settings fit the pod", func(t *testing.T) { testPodSettings(t, s, pod.Spec, c) })
	t.Run("the probes ask what the server answers", func(t *testing.T) { testProbes(t, binary, c) })
}

func testReferences(t *testing.T, m manifests) {
	labels := m.deployment.Spec.Template.Labels
	for name, selector := range map[string]map[string]string{
		"deployment": m.deployment.Spec.Selector.MatchLabels, "service": m.service.Spec.Selector, "budget": m.budget.Spec.Selector.MatchLabels,
	} {
		if !maps.Equal(selector, labels) {
			t.Errorf("the %s selects %v, pods are %v", name, selector, labels)
		}
	}
	target := m.scaler.Spec.ScaleTargetRef
	if target.APIVersion != m.deployment.APIVersion || target.Kind != m.deployment.Kind || target.Name != m.deployment.Name {
		t.Errorf("the autoscaler scales %+v", target)
	}
	if *m.scaler.Spec.MinReplicas < 2 || m.scaler.Spec.MaxReplicas <= *m.scaler.Spec.MinReplicas {
		t.Errorf("it scales from %d to %d", *m.scaler.Spec.MinReplicas, m.scaler.Spec.MaxReplicas)
	}
	volumes := map[string]bool{}
	for _, v := range m.deployment.Spec.Template.Spec.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && v.ConfigMap.Name != m.settings.Name {
			t.Errorf("there is no ConfigMap %s", v.ConfigMap.Name)
		}
	}
	for _, mount := range m.deployment.Spec.Template.Spec.Containers[0].VolumeMounts {
		if !volumes[mount.Name] {
			t.Errorf("there is no volume %s", mount.Name)
		}
	}
	if m.service.Spec.Ports[0].TargetPort.String() != "http" {
		t.Errorf("the service sends to %v", m.service.Spec.Ports[0].TargetPort)
	}
}

func testConfined(t *testing.T, pod corev1.PodSpec, c corev1.Container) {
	p, s := pod.SecurityContext, c.SecurityContext
	if !*p.RunAsNonRoot || *p.RunAsUser != imageUID || *p.FSGroup != imageUID || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod's security context is %+v", p)
	}
	if *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("the container's security context is %+v", s)
	}
	if *pod.AutomountServiceAccountToken {
		t.Error("the pod is given an account")
	}
	for _, r := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		requested, limit := c.Resources.Requests[r], c.Resources.Limits[r]
		if requested.IsZero() || limit.Cmp(requested) < 0 {
			t.Errorf("of %s %v is requested, the limit is %v", r, requested, limit)
		}
	}
}

func testPodSettings(t *testing.T, s settings, pod corev1.PodSpec, c corev1.Container) {
	s.fitsMemory(t, c.Resources.Limits.Memory().Value())
	grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
	if needed := s.longestStop(t); grace <= needed {
		t.Errorf("the pod has %v to stop, and takes up to %v", grace, needed)
	}
	ports := map[string]string{"http": fmt.Sprint(":", s.number(t, "port")), "admin": fmt.Sprint(s["admin-listen"])}
	for _, p := range c.Ports {
		if got := fmt.Sprint(":", p.ContainerPort); got != ports[p.Name] {
			t.Errorf("the port %s is %s, the program's is %s", p.Name, got, ports[p.Name])
		}
	}
	mounted := map[string]bool{}
	for _, mount := range c.VolumeMounts {
		mounted[mount.MountPath] = true
	}
	for _, dir := range []string{fmt.Sprint(s["data-dir"]), filepath.Dir(fmt.Sprint(s["keys"])), "/etc/bonafide"} {
		if !mounted[dir] {
			t.Errorf("nothing is mounted at %s", dir)
		}
	}
}

func testProbes(t *testing.T, binary string, c corev1.Container) {
	url := serve(t, binary).url
	for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Port.String() != "http" {
			t.Errorf("the %s probe is %+v", name, probe)
			continue
		}
		resp, err := http.Get(url + probe.HTTPGet.Path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("the %s probe asks %s: status %d, %s, %v", name, probe.HTTPGet.Path, resp.StatusCode, content, err)
		}
	}
	if c.LivenessProbe.HTTPGet.Path == c.ReadinessProbe.HTTPGet.Path {
		t.Error("a server that is only busy would be restarted")
	}
}
