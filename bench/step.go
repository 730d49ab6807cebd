package main

import "io"

func runSteps([]string, *compiler, io.Writer, io.Writer) error { return nil }
