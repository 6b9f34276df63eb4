"""The office's people, without the office: who may take a call, who stands in for whom, how long it takes. Pure."""
