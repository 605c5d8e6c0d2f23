module github.com/bonafide-pad/bonafide

go 1.26.8

require (
	github.com/yalue/onnxruntime_go v1.27.0
	golang.org/x/sys v0.39.0
	pgregory.net/rapid v1.3.0
)
