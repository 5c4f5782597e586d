"""The five verbs: receive, answer, send, settle, sweep. Each does one step and commits."""
