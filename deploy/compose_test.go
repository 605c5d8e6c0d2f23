package deploy_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// TestCompose reads compose.yaml by the Compose specification, and lets the program check its settings.
func TestCompose(t *testing.T) {
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root(t, "."), ConfigFiles: []types.ConfigFile{{Filename: root(t, "compose.yaml")}},
	}, func(o *loader.Options) { o.SetProjectName("bonafide", true) })
	if err != nil {
		t.Fatal(err)
	}
	service, err := project.GetService("bonafide")
	if err != nil {
		t.Fatal(err)
	}
	env := dockerfileEnv(t)
	for name, value := range service.Environment {
		env[name] = *value
	}
	s := checkedSettings(t, programtest.Build(t), env, "{}")
	if len(service.Ports) != 1 || int64(service.Ports[0].Target) != s.number(t, "port") || service.Ports[0].HostIP != "127.0.0.1" {
		t.Errorf("its ports are %+v, the program's is %v; it must not be open to others as it stands", service.Ports, s["port"])
	}
	s.fitsMemory(t, int64(service.MemLimit))
	if grace, needed := service.StopGracePeriod, s.longestStop(t); grace == nil || int64(*grace) <= int64(needed) {
		t.Errorf("it has %v to stop, and takes up to %v", grace, needed)
	}
	if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") ||
		service.CPUS <= 0 || service.PidsLimit <= 0 {
		t.Errorf("it is not confined: %+v", service)
	}
	if len(service.Volumes) != 1 || service.Volumes[0].Target != env["BONAFIDE_DATA_DIR"] ||
		!slices.Contains(slices.Collect(maps.Keys(project.Volumes)), service.Volumes[0].Source) {
		t.Errorf("its volumes are %+v, the program's data is in %s", service.Volumes, env["BONAFIDE_DATA_DIR"])
	}
	isCommand(t, service.HealthCheck.Test)
}

// isCommand objects to a health check that the program doesn't know.
func isCommand(t *testing.T, test []string) {
	t.Helper()
	if len(test) < 3 || test[0] != "CMD" || test[1] != "bonafide" {
		t.Fatalf("the health check is %q", test)
	}
	output(t, programtest.Build(t), append(slices.Clone(test[2:]), "--help")...)
}
