// Package onnxpb is ONNX's own schema in Go.
//
// onnx.proto is the file of ONNX 1.12 (Apache-2.0, the ONNX project), unchanged; onnx.pb.go is generated from it.
package onnxpb

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go_opt=Monnx.proto=github.com/bonafide-pad/bonafide/internal/onnx/onnxpb onnx.proto
