// Package bonafide tells whether a picture shows a real, present face or a print, a screen or a mask, and says why.
//
// An [Analyzer] is opened once and used from any number of goroutines:
//
//	analyzer, err := bonafide.Open(bonafide.Config{})
//	if err != nil { … }
//	defer analyzer.Close()
//	report, err := analyzer.Analyze(ctx, picture)
//	verdict := bonafide.Judge(report, bonafide.DefaultPolicy())
//
// The [Report] holds what was measured; the [Verdict] is a pure function of it and a [Policy]. Errors carry a [Code].
// Nothing of a picture is stored or logged.
package bonafide
