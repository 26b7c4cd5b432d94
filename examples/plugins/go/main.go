// A Pacto plugin: answers with card.txt, a service in a box of text.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// request is what of protocol v1 goes onto a card.
type request struct {
	ProtocolVersion string `json:"protocolVersion"`
	Contract        struct {
		Service struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"service"`
		Interfaces []struct {
			Name string `json:"name"`
			Type string `json:"type"`
			Port int    `json:"port"`
		} `json:"interfaces"`
		Runtime struct {
			Workload struct {
				Type        string `json:"type"`
				Concurrency string `json:"concurrency"`
			} `json:"workload"`
			State struct {
				Type string `json:"type"`
			} `json:"state"`
		} `json:"runtime"`
	} `json:"contract"`
}

type file struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

type response struct {
	Files   []file `json:"files"`
	Message string `json:"message,omitempty"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer() error {
	var req request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		return fmt.Errorf("the request cannot be read: %w", err)
	}
	if req.ProtocolVersion != "1" {
		return fmt.Errorf("this plugin speaks protocol 1, not %q", req.ProtocolVersion)
	}
	return json.NewEncoder(os.Stdout).Encode(response{
		Files:   []file{{Path: "card.txt", Content: card(lines(req))}},
		Message: "a card for " + req.Contract.Service.Name,
	})
}

// lines leaves out what the contract does not say.
func lines(req request) []string {
	service, runtime := req.Contract.Service, req.Contract.Runtime
	lines := []string{service.Name + " " + service.Version}
	for _, fact := range [][2]string{
		{"workload", strings.Trim(runtime.Workload.Type+", "+runtime.Workload.Concurrency, ", ")},
		{"state", runtime.State.Type},
	} {
		if fact[1] != "" {
			lines = append(lines, fact[0]+": "+fact[1])
		}
	}
	for _, i := range req.Contract.Interfaces {
		line := i.Type + ": " + i.Name
		if i.Port != 0 {
			line += fmt.Sprintf(" on port %d", i.Port)
		}
		lines = append(lines, line)
	}
	return lines
}

func card(lines []string) string {
	width := 0
	for _, line := range lines {
		if length := utf8.RuneCountInString(line); length > width {
			width = length
		}
	}
	border := "+" + strings.Repeat("-", width+2) + "+\n"
	text := border
	for _, line := range lines {
		text += fmt.Sprintf("| %-*s |\n", width, line)
	}
	return text + border
}
