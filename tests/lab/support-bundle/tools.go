//go:build tools

// Package tools pins the program that makes troubleshoot's support bundles.
package tools

import _ "github.com/replicatedhq/troubleshoot/cmd/troubleshoot"
