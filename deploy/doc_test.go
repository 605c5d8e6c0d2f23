// Package deploy_test keeps the files for running bonafide in step with the program: the Dockerfile, compose.yaml, and what lies in
// this folder.
package deploy_test
