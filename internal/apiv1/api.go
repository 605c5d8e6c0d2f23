package apiv1

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// Analyzer measures the faces of a picture; *bonafide.Analyzer and *admission.Analyzer are such.
type Analyzer interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
}

// API answers the routes under /v1.
type API struct {
	// Analyzer is asked for the pictures of batches and for frames, Single for the picture of a request for one, which should
	// not wait for long. Admission and licences stand before both.
	Analyzer, Single Analyzer
	// Turn runs work that is no analysis and takes a while, as Analyzer's analyses run: in turns, bounded. It returns work's error or its own.
	Turn func(ctx context.Context, work func(context.Context) error) error
	// Policies returns the requirements in force, which a request chooses by name; "default" must be among them.
	Policies func() map[string]bonafide.Requirements
	// AllowOverrides tells whether a request may now change single requirements.
	AllowOverrides func() bool
	Uploads        *upload.Reader
	// Limits bound the animated files that frames may come in; a field that is 0 has its default.
	Limits bonafide.Limits
	// Permit says why nothing may be analysed now; nil when it may.
	Permit func() error
	// Reported is how many of the faces found in a picture the licence lets an answer hold; decisions are made of all.
	Reported func(found int) int
	// Models are the networks in use, Version is the product's.
	Models  []bonafide.Model
	Version string
	// KeepsNothing tells that no picture is kept. Only then does the API's description promise it.
	KeepsNothing bool
	// Parallel is how many pictures of one batch are analysed at once.
	Parallel int
	// Decided, where it is set, is told of every decision before it is answered.
	Decided func(context.Context, audit.Decision)
	Log     *slog.Logger
}

// DefaultPolicy is the name of the requirements that hold where a request chooses none.
const DefaultPolicy = "default"

const purpose = `Tells whether a picture shows a real, present face (live) or a print, a screen or a mask (spoof), and says why. A picture that
does not allow a decision is answered with cannot_assess and the reasons. `

// description tells those who send pictures whether they are kept.
func (a *API) description() string {
	if a.KeepsNothing {
		return purpose + "Nothing of a picture is kept."
	}
	return purpose + "A picture that is decided on may be kept, encrypted, for a time that the operator has set."
}

// Routes are the routes to be served.
func (a *API) Routes() server.API {
	setHuma()
	mux := http.NewServeMux()
	config := huma.DefaultConfig("bonafide", a.Version)
	config.Info.Description = a.description()
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.DocsPath = "" // the page would load its parts from other hosts
	config.SchemasPath = ""
	config.CreateHooks = nil // no "$schema" member in answers
	api := humago.New(mux, config)
	api.UseMiddleware(keepRequest)
	routes := server.API{Prefix: "/v1", Fault: writeFault}
	for _, o := range a.operations(api.OpenAPI().Components.Schemas) {
		o.register(api)
		handler := readWhole(mux, parametersOf(api.OpenAPI().Paths[o.Path].Post))
		routes.Routes = append(routes.Routes, server.Route{Pattern: o.Method + " " + o.Path, Scope: access.Analyse, Handler: handler})
	}
	describe(api.OpenAPI())
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		routes.Routes = append(routes.Routes, server.Route{Pattern: "GET " + path, Scope: access.Public, Handler: mux})
	}
	return routes
}

// operation is one route with what registers its handler.
type operation struct {
	huma.Operation
	register func(huma.API)
}

// operations are the routes, which add the schemas that they need to those of the API's description.
func (a *API) operations(schemas huma.Registry) []operation {
	return []operation{
		operate(huma.Operation{
			OperationID: "check-liveness", Method: http.MethodPost, Path: "/v1/liveness",
			Summary:     "Decide whether a picture shows a real, present face",
			Description: "The decision comes with its score and threshold, the reasons with figures and hints, and all measures of every face.",
			RequestBody: pictureBody(), Errors: pictureErrors,
		}, a.checkLiveness),
		operate(huma.Operation{
			OperationID: "check-liveness-frames", Method: http.MethodPost, Path: "/v1/liveness/frames",
			Summary: "Decide on 2 to 30 frames of one person",
			Description: "The score is the logistic of the mean of the assessed frames' logits. Frames that show the same still (FRAMES_IDENTICAL) or a " +
				"face that changes (FACE_CHANGED) prevent a live decision, and so do fewer than two assessed frames.",
			RequestBody: framesBody(), Errors: pictureErrors,
		}, a.checkFrames),
		operate(huma.Operation{
			OperationID: "measure-quality", Method: http.MethodPost, Path: "/v1/quality",
			Summary: "Measure the faces of a picture without a decision", RequestBody: pictureBody(), Errors: pictureErrors,
		}, a.measureQuality),
		operate(huma.Operation{
			OperationID: "check-batch", Method: http.MethodPost, Path: "/v1/batch",
			Summary:     "Decide on many pictures",
			Description: "Every picture is answered by one line of NDJSON as soon as it is done, in no order; one that cannot be read spoils only its line.",
			RequestBody: batchBody(), Errors: pictureErrors, Responses: batchResponses(schemas),
		}, a.checkBatch),
	}
}

// operate pairs an operation with its handler.
func operate[I, O any](o huma.Operation, handler func(context.Context, *I) (*O, error)) operation {
	o.Tags = []string{"liveness"}
	return operation{Operation: o, register: func(api huma.API) {
		undescribed := o
		undescribed.RequestBody = nil // huma would read the body itself
		huma.Register(api, undescribed, handler)
		item := api.OpenAPI().Paths[o.Path]
		described := *item.Post
		described.RequestBody = o.RequestBody
		item.Post = &described
	}}
}

// pictureErrors are the statuses of the problems that a request with a picture can meet.
var pictureErrors = []int{400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 504}

type requestKey struct{}

// keepRequest lets handlers read the body as it comes.
func keepRequest(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, requestKey{}, r))
}

func requestOf(ctx context.Context) *http.Request { return ctx.Value(requestKey{}).(*http.Request) }
