package main

import "testing"

func TestDialogGraph(t *testing.T) {
	c := cli{t}
	c.must("stateDiagram-v2\n", "dialog", "graph")
	c.must("stateDiagram-v2\n", "dialog", "graph", "-format", "mermaid")
	c.must("<svg ", "dialog", "graph", "-format", "svg")
	c.refused("dialog graph", "dialog")
	c.refused("png", "dialog", "graph", "-format", "png")
	c.refused("flags only", "dialog", "graph", "more")
}
